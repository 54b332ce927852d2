"""Amazon Resource Names."""

from dataclasses import dataclass
from typing import Self

from securecart.names.errors import SecureCartError

_SEGMENTS = 6
MAX_LENGTH = 2048
"""IAM's own limit for an ARN parameter (`arnType` in its service model)."""


class MalformedArn(SecureCartError):
    """The text is not `arn:partition:service:region:account:resource`."""


@dataclass(frozen=True, slots=True)
class Arn:
    """The six segments of an ARN; the last may itself hold colons.

    Source: AWS IAM User Guide, "Identify AWS resources with ARNs".
    """

    partition: str
    service: str
    region: str
    account: str
    resource: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an ARN.

        Raises:
            MalformedArn: if there are not six segments, or the first is not
                `arn`, or partition, service or resource is empty.
        """
        parts = text.split(":", _SEGMENTS - 1)
        if len(text) > MAX_LENGTH or len(parts) != _SEGMENTS or parts[0] != "arn":
            raise MalformedArn(f"not an ARN: {text[:80]!r}")
        _, partition, service, region, account, resource = parts
        if not (partition and service and resource):
            raise MalformedArn(f"an ARN with an empty segment: {text[:80]!r}")
        return cls(partition, service, region, account, resource)

    def __str__(self) -> str:
        return (
            f"arn:{self.partition}:{self.service}:{self.region}:"
            f"{self.account}:{self.resource}"
        )
