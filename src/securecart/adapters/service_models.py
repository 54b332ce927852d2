"""The service models that botocore ships, read from its data directory."""

from functools import cache

from botocore.loaders import Loader
from botocore.model import ServiceModel


@cache
def load_service_model(name: str) -> ServiceModel:
    """Load a service's newest model by botocore's name: `iam`, `sts`, `kms`."""
    description = Loader().load_service_model(name, "service-2")
    return ServiceModel(description, service_name=name)
