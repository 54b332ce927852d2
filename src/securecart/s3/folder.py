"""The folder of a session: the beginning of every key it may touch."""

from securecart.names.errors import SecureCartError
from securecart.names.session import RoleSession


class NoFolder(SecureCartError):
    """The session's id would open a folder that is not one person's own."""


def folder_of(session: RoleSession) -> str:
    """`<role id>:<session name>/`, the value of `aws:userid` and a slash.

    The slash keeps `john` out of `johnny`; a name with a slash in it would
    be a folder inside another's, and an empty one nobody's.

    Raises:
        NoFolder: if the role id or the session name is empty or has a slash.
    """
    if not session.session_name or not session.role_id or "/" in session.userid:
        raise NoFolder("a session whose id is empty or has a slash has no folder")
    return f"{session.userid}/"
