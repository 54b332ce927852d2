"""What is deployed, by boto3: every policy that the proof of isolation needs.

Only `Get…`, `List…` and `Describe…` calls: whoever has AWS's managed policy
`SecurityAudit` may make them. Their number grows with the roles that a person
could come to, never with the people.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from securecart.adapters.aws.bucket import AwsBucket
from securecart.adapters.aws.endpoint import Endpoint
from securecart.adapters.aws.failures import explained
from securecart.blueprint import SetupBlocked, SetupFailed
from securecart.blueprint.setup import Bucket
from securecart.policy import (
    Effect,
    MalformedPolicyDocument,
    Policy,
    PolicyKind,
    parse_policy,
)
from securecart.proof.deployment import DeployedKey, DeployedRole, Deployment

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient
    from types_boto3_kms import KMSClient


@dataclass(frozen=True, slots=True)
class _ListedRole:
    """A role as ListRoles shows it: without what it permits."""

    name: str
    arn: str
    role_id: str
    trust: Policy


class AwsDeployment:
    """Reads the policies of an account, at AWS or at the local target."""

    def __init__(self, endpoint: Endpoint, account: str) -> None:
        self._endpoint = endpoint
        self._account = account
        session, config, url = endpoint.session(), endpoint.config(), endpoint.url
        s3 = session.client("s3", endpoint_url=url, config=config)
        iam = session.client("iam", endpoint_url=url, config=config)
        self._kms: KMSClient = session.client("kms", endpoint_url=url, config=config)
        self._bucket = AwsBucket(s3, account=account, region=endpoint.region)
        self._roles = _Roles(iam, account)

    def read(
        self, *, role: str, bucket: str, key_alias: str, exempt: frozenset[str]
    ) -> Deployment:
        """Everything that decides who reaches which documents of a bucket.

        `role` is the employees', `exempt` are the names of roles to leave out.

        Raises:
            SetupFailed: if something is missing, cannot be read or is not
                understood; the message says what to do.
        """
        with explained("read the deployed policies", self._endpoint.name):
            roles = self._roles.examined(role, exempt)
            found = self._bucket.read(bucket)
            if found is None:
                raise _not_deployed(f"bucket {bucket}")
            if not found.owner_enforced:
                raise SetupBlocked(
                    f"the bucket {bucket} has ACLs, which grant beside all policies: "
                    "run `securecart apply`, which turns them off"
                )
            return Deployment(
                account=self._account,
                bucket=bucket,
                roles=roles,
                bucket_policy=(
                    _parsed(f"the policy of the bucket {bucket}", found.policy)
                    if found.policy is not None
                    else None
                ),
                keys=tuple(self._keys(found, key_alias)),
                exempt=exempt,
            )

    def _keys(self, bucket: Bucket, alias: str) -> Iterator[DeployedKey]:
        """The alias's key, and the one that the bucket really encrypts with."""
        try:
            arns = {self._key_arn(alias)}
        except self._kms.exceptions.NotFoundException:
            raise _not_deployed(f"KMS key {alias}") from None
        if bucket.encryption is not None and bucket.encryption.key_arn is not None:
            arns.add(self._key_arn(bucket.encryption.key_arn))
        for arn in sorted(arns):
            answer = self._kms.get_key_policy(KeyId=arn, PolicyName="default")
            yield DeployedKey(
                arn, _parsed(f"the policy of the KMS key {arn}", answer["Policy"])
            )

    def _key_arn(self, key_id: str) -> str:
        return self._kms.describe_key(KeyId=key_id)["KeyMetadata"]["Arn"]


class _Roles:
    """The roles that somebody vouched for by a provider could come to."""

    def __init__(self, iam: "IAMClient", account: str) -> None:
        self._iam = iam
        self._account = account
        self._managed: dict[str, Policy] = {}

    def examined(
        self, employees: str, exempt: frozenset[str]
    ) -> tuple[DeployedRole, ...]:
        """The employees' role, and whatever people could sign in or chain to."""
        listed = {role.name: role for role in self._listed(exempt)}
        if employees not in listed:
            raise _not_deployed(f"role {employees}")
        found = {
            role.name
            for role in listed.values()
            if role.name == employees or _is_federated(role.trust)
        }
        while True:
            near = [listed[name] for name in found]
            further = {
                role.name
                for role in listed.values()
                if role.name not in found and self._trusts(role, near)
            }
            if not further:
                break
            found |= further
        return tuple(self._whole(listed[name]) for name in sorted(found))

    def _trusts(self, role: _ListedRole, near: list[_ListedRole]) -> bool:
        """Whether one of some roles' sessions may be named in a trust policy.

        A trusted account counts: what the sessions may do decides then.
        """
        sessions = f"arn:aws:sts::{self._account}:assumed-role/"
        names = {other.arn for other in near}
        prefixes = tuple(f"{sessions}{other.name}/" for other in near)
        return any(
            who.everyone
            or self._account in who.accounts
            or names & who.arns
            or any(arn.startswith(prefixes) for arn in who.arns)
            for statement in role.trust.statements
            if statement.effect is Effect.ALLOW and statement.principals is not None
            for who in (statement.principals.listed,)
        )

    def _listed(self, exempt: frozenset[str]) -> Iterator[_ListedRole]:
        for page in self._iam.get_paginator("list_roles").paginate():
            for role in page["Roles"]:
                if role["RoleName"] in exempt:
                    continue
                yield _ListedRole(
                    role["RoleName"],
                    role["Arn"],
                    role["RoleId"],
                    _parsed(
                        f"the trust of the role {role['RoleName']}",
                        role["AssumeRolePolicyDocument"],
                        PolicyKind.TRUST,
                    ),
                )

    def _whole(self, role: _ListedRole) -> DeployedRole:
        name = role.name
        # ListRoles leaves out the boundary and the tags.
        whole = self._iam.get_role(RoleName=name)["Role"]
        boundary = whole.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
        return DeployedRole(
            name,
            role.arn,
            role.role_id,
            role.trust,
            identity=(*self._inline(name), *self._attached(name)),
            boundary=self._managed_policy(boundary) if boundary is not None else None,
            tags=tuple((tag["Key"], tag["Value"]) for tag in whole.get("Tags", ())),
        )

    def _inline(self, role: str) -> Iterator[Policy]:
        paginator = self._iam.get_paginator("list_role_policies")
        for page in paginator.paginate(RoleName=role):
            for name in page["PolicyNames"]:
                answer = self._iam.get_role_policy(RoleName=role, PolicyName=name)
                yield _parsed(
                    f"the policy {name} of the role {role}",
                    answer["PolicyDocument"],
                    PolicyKind.IDENTITY,
                )

    def _attached(self, role: str) -> Iterator[Policy]:
        paginator = self._iam.get_paginator("list_attached_role_policies")
        for page in paginator.paginate(RoleName=role):
            for policy in page["AttachedPolicies"]:
                yield self._managed_policy(policy["PolicyArn"])

    def _managed_policy(self, arn: str) -> Policy:
        """The default version, which is the one in force; read once."""
        if arn not in self._managed:
            version = self._iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
            answer = self._iam.get_policy_version(PolicyArn=arn, VersionId=version)
            self._managed[arn] = _parsed(
                f"the managed policy {arn}",
                answer["PolicyVersion"]["Document"],
                PolicyKind.IDENTITY,
            )
        return self._managed[arn]


def _is_federated(trust: Policy) -> bool:
    """Whether people come to the role straight from an identity provider."""
    return any(
        statement.effect is Effect.ALLOW
        and statement.principals is not None
        and statement.principals.listed.providers
        for statement in trust.statements
    )


def _parsed(
    what: str,
    document: str | Mapping[str, Any],
    kind: PolicyKind = PolicyKind.RESOURCE,
) -> Policy:
    # boto3 has decoded IAM's documents, and gives those of S3 and KMS as text.
    text = document if isinstance(document, str) else json.dumps(document)
    try:
        return parse_policy(text, kind)
    except MalformedPolicyDocument as error:
        raise SetupBlocked(
            f"{what} is not understood, and so nothing can be proved: {error}"
        ) from error


def _not_deployed(what: str) -> SetupFailed:
    return SetupFailed(
        f"nothing is deployed yet: there is no {what}; run `securecart apply` first"
    )
