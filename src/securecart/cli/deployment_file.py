"""A deployment as one JSON file: to prove a set-up before it is made.

Policies are JSON objects, as IAM and S3 take them. A role's `arn` and
`role_id` may be left out: any of the right form will do for a proof.
"""

import json
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from securecart.names.errors import SecureCartError
from securecart.policy import (
    MalformedPolicyDocument,
    Policy,
    PolicyKind,
    parse_policy,
)
from securecart.policy.casing import ascii_lower
from securecart.proof.deployment import OWN_ID, DeployedKey, DeployedRole, Deployment

_MAX_BYTES = 16 * 2**20
"""IAM's quota of 1,000 roles, each with 10,240 characters of inline policies."""

_EXAMPLE_ACCOUNT = "123456789012"
"""The account of AWS's own examples."""

_Document = dict[str, Any]


class DeploymentFileError(SecureCartError):
    """The file is no deployment; a line for each thing that is wrong."""


class _Part(BaseModel):
    """Unknown members are errors: one may be a misspelt policy."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _Role(_Part):
    name: str = Field(pattern=r"^[\w+=,.@-]{1,64}$")
    arn: str | None = None
    role_id: str | None = Field(default=None, pattern=r"^\w{1,128}$")
    trust: _Document
    identity_policies: list[_Document] = []
    boundary: _Document | None = None
    tags: dict[str, str] = {}


class _Key(_Part):
    arn: str
    policy: _Document


class _File(_Part):
    account: str = Field(default=_EXAMPLE_ACCOUNT, pattern=r"^\d{12}$")
    bucket: str = Field(min_length=1, max_length=255)
    roles: list[_Role] = Field(min_length=1)
    bucket_policy: _Document | None = None
    key_policies: list[_Key] = []
    folder: str = f"${{{OWN_ID}}}/"
    unique: list[str] = []
    slash_free: list[str] = []


def load_deployment(path: Path) -> Deployment:
    """Read a file.

    Raises:
        DeploymentFileError: if it cannot be read, is no deployment, or one
            of its policies is none.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DeploymentFileError(f"{path}: {error.strerror}") from None
    return read_deployment(content, str(path))


def read_deployment(content: bytes, source: str) -> Deployment:
    """Read a file's content; `source` names it in errors.

    Raises:
        DeploymentFileError: if it is no deployment, or one of its policies
            is none.
    """
    try:
        file = _File.model_validate(_json(content))
        return _Reader(file).deployment()
    except ValidationError as error:
        lines = [
            f"{source}: {'.'.join(map(str, problem['loc']))}: {problem['msg']}"
            for problem in error.errors(include_url=False, include_input=False)
        ]
        raise DeploymentFileError("\n".join(lines)) from None
    except ValueError as error:
        raise DeploymentFileError(f"{source}: {error}") from None


class _Reader:
    def __init__(self, file: _File) -> None:
        self._file = file

    def deployment(self) -> Deployment:
        file = self._file
        return Deployment(
            account=file.account,
            bucket=file.bucket,
            roles=tuple(self._role(role, at) for at, role in enumerate(file.roles)),
            bucket_policy=_optional(
                file.bucket_policy, PolicyKind.RESOURCE, "bucket_policy"
            ),
            keys=tuple(
                DeployedKey(
                    key.arn,
                    _policy(
                        key.policy, PolicyKind.RESOURCE, f"key_policies.{at}.policy"
                    ),
                )
                for at, key in enumerate(file.key_policies)
            ),
            folder=file.folder,
            unique=_keys(file.unique),
            slash_free=_keys(file.slash_free),
        )

    def _role(self, role: _Role, at: int) -> DeployedRole:
        place = f"roles.{at}"
        return DeployedRole(
            role.name,
            role.arn or f"arn:aws:iam::{self._file.account}:role/{role.name}",
            role.role_id or f"AROAEXAMPLE{at + 1}",
            _policy(role.trust, PolicyKind.TRUST, f"{place}.trust"),
            identity=tuple(
                _policy(
                    document, PolicyKind.IDENTITY, f"{place}.identity_policies.{index}"
                )
                for index, document in enumerate(role.identity_policies)
            ),
            tags=tuple(role.tags.items()),
            boundary=_optional(role.boundary, PolicyKind.IDENTITY, f"{place}.boundary"),
        )


def _keys(names: list[str]) -> frozenset[str]:
    return frozenset(map(ascii_lower, names))


def _optional(
    document: _Document | None, kind: PolicyKind, place: str
) -> Policy | None:
    return None if document is None else _policy(document, kind, place)


def _policy(document: _Document, kind: PolicyKind, place: str) -> Policy:
    try:
        return parse_policy(json.dumps(document), kind)
    except MalformedPolicyDocument as error:
        raise ValueError(f"{place}: {error}") from error


def _json(content: bytes) -> Any:
    if len(content) > _MAX_BYTES:
        raise ValueError(f"longer than {_MAX_BYTES} bytes")
    try:
        return json.loads(content, object_pairs_hook=_object)
    except UnicodeDecodeError:
        raise ValueError("neither UTF-8 nor UTF-16") from None
    except RecursionError:
        raise ValueError("nested too deeply") from None


_V = TypeVar("_V")


def _object(members: list[tuple[str, _V]]) -> dict[str, _V]:
    """Refuse a name that stands twice: only one of them could be examined."""
    found: dict[str, _V] = {}
    for name, value in members:
        if name in found:
            raise ValueError(f"{name[:80]!r} stands twice in one object")
        found[name] = value
    return found
