"""Where the APIs are, and as whom to call them."""

from dataclasses import dataclass

import boto3
from botocore.config import Config

from securecart.names.credentials import Credentials

_CONNECT_SECONDS = 5
_READ_SECONDS = 20
_ATTEMPTS = 4
"""The set-up waits rather than fails; boto3's `standard` mode backs off."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """AWS's own endpoints of a region, or one address for all services.

    Without credentials boto3 looks for them where the AWS CLI does:
    environment, profile, instance role.
    """

    region: str
    url: str | None = None
    credentials: Credentials | None = None

    @property
    def name(self) -> str:
        """What a person calls it."""
        return self.url or f"AWS in {self.region}"

    def session(self) -> boto3.Session:
        """A session as whoever calls."""
        keys = self.credentials
        if keys is None:
            return boto3.Session(region_name=self.region)
        return boto3.Session(
            aws_access_key_id=keys.access_key_id,
            aws_secret_access_key=keys.secret_access_key,
            aws_session_token=keys.session_token,
            region_name=self.region,
        )

    def config(self) -> Config:
        """Bounded waiting; buckets as paths, where hosts have no subdomains."""
        return Config(
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=_READ_SECONDS,
            retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
            s3={"addressing_style": "path" if self.url else "auto"},
        )
