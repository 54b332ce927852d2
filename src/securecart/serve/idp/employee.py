"""One person in the company's directory."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Employee:
    r"""What the identity provider knows of a person, and may vouch for.

    `username` is also the role session name and the OpenID `sub`, so it keeps
    to STS's `[\w+=,.@-]{2,64}`. Without a `password_hash` (argon2id, PHC
    string) nobody can sign in as this person; with a `totp_secret` (base32)
    signing in takes a one-time code too.
    """

    username: str
    given_name: str
    family_name: str
    email: str
    department: str
    employee_id: str
    password_hash: str | None = field(default=None, repr=False)
    totp_secret: str | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """The full name, as a page shows it."""
        return f"{self.given_name} {self.family_name}"

    @property
    def needs_one_time_code(self) -> bool:
        """Whether this person signs in with a second factor."""
        return self.totp_secret is not None

    @property
    def session_tags(self) -> Mapping[str, str]:
        """The AWS session tags, which both protocols carry alike."""
        return {
            "Department": self.department,
            "Email": self.email,
            "EmployeeId": self.employee_id,
        }
