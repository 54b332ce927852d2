"""What KMS stores: keys with their sealed material, and aliases."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

Tags = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Key:
    """A symmetric key; its `key_id` is a UUID.

    `materials` are sealed and in base64, the one to encrypt with last.
    `deletion_date` is set while the key waits to be destroyed,
    `next_rotation` while it is given new material every `rotation_days`.
    """

    kind: ClassVar[str] = "kms.key"

    account: str
    region: str
    key_id: str
    created: datetime
    policy: str
    materials: tuple[str, ...] = field(repr=False)
    description: str = ""
    enabled: bool = True
    deletion_date: datetime | None = None
    rotation_days: int | None = None
    next_rotation: datetime | None = None
    tags: Tags = ()

    @property
    def key(self) -> str:
        """The key id."""
        return self.key_id

    @property
    def arn(self) -> str:
        """`arn:aws:kms:<region>:<account>:key/<key id>`."""
        return f"arn:aws:kms:{self.region}:{self.account}:key/{self.key_id}"

    @property
    def state(self) -> str:
        """The shape `KeyState`, in so far as keys of this kind have it."""
        if self.deletion_date is not None:
            return "PendingDeletion"
        return "Enabled" if self.enabled else "Disabled"

    def destroyed_by(self, now: datetime) -> bool:
        """Whether the waiting time is over: the key is as good as gone."""
        return self.deletion_date is not None and self.deletion_date <= now

    def rotation_due_by(self, now: datetime) -> bool:
        """Whether the key is to be given new material."""
        due = self.next_rotation is not None and self.next_rotation <= now
        return due and self.state == "Enabled"


@dataclass(frozen=True, slots=True)
class Alias:
    """Another name for a key; `name` begins with `alias/`."""

    kind: ClassVar[str] = "kms.alias"

    account: str
    region: str
    name: str
    target_key_id: str
    created: datetime
    updated: datetime

    @property
    def key(self) -> str:
        """The name."""
        return self.name

    @property
    def arn(self) -> str:
        """`arn:aws:kms:<region>:<account>:alias/<name>`."""
        return f"arn:aws:kms:{self.region}:{self.account}:{self.name}"
