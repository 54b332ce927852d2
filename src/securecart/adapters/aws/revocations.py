"""The role's revocations, by boto3."""

from typing import TYPE_CHECKING

from securecart.adapters.aws.endpoint import Endpoint
from securecart.adapters.aws.failures import explained

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient


class AwsRevocations:
    """Puts and removes inline policies of one role, and reads nothing else."""

    def __init__(self, endpoint: Endpoint, role: str) -> None:
        self._endpoint = endpoint
        self._role = role
        self._iam: IAMClient = endpoint.session().client(
            "iam", endpoint_url=endpoint.url, config=endpoint.config()
        )

    def role_id(self) -> str:
        """The role's unique id, `AROA…`: what `aws:userid` begins with.

        Raises:
            SetupFailed: if there is no such role, or it cannot be read.
        """
        with explained(f"read the role {self._role}", self._endpoint.name):
            return self._iam.get_role(RoleName=self._role)["Role"]["RoleId"]

    def names(self) -> list[str]:
        """The names of all the role's inline policies.

        Raises:
            SetupFailed: if they cannot be read.
        """
        pages = self._iam.get_paginator("list_role_policies")
        with explained("list the role's policies", self._endpoint.name):
            return [
                name
                for page in pages.paginate(RoleName=self._role)
                for name in page["PolicyNames"]
            ]

    def put(self, name: str, document: str) -> None:
        """Put a revocation.

        Raises:
            SetupFailed: if it cannot be put.
        """
        with explained("revoke sessions", self._endpoint.name):
            self._iam.put_role_policy(
                RoleName=self._role, PolicyName=name, PolicyDocument=document
            )

    def remove(self, name: str) -> None:
        """Remove a policy; one that somebody else removed is gone all the same.

        Raises:
            SetupFailed: if it cannot be removed.
        """
        with explained("remove a spent revocation", self._endpoint.name):
            try:
                self._iam.delete_role_policy(RoleName=self._role, PolicyName=name)
            except self._iam.exceptions.NoSuchEntityException:
                return
