"""The built single-page application, as `web/` leaves it in `static/`."""

from pathlib import Path
from typing import Final

from starlette.responses import FileResponse, Response

from securecart.serve.portal.refusals import NOT_BUILT, NOT_FOUND, Refused

STATIC: Final = Path(__file__).parent / "static"

_SERVER_PATHS: Final = ("api", "login", "logout", "saml", "oidc", "portal-pages")
"""First segments that the server answers itself, or nobody does."""

_HASHED: Final = "assets/"
"""Vite names the files in here after their content."""


class Site:
    """Files by path, read from the folder once; so no path leads out of it."""

    def __init__(self, folder: Path) -> None:
        self._files = {
            file.relative_to(folder).as_posix(): file
            for file in folder.rglob("*")
            if file.is_file()
        }

    def answer(self, path: str) -> Response:
        """Answer a file, or the application where the path may be one of its.

        Raises:
            Refused: NOT_FOUND, or NOT_BUILT where there is no application.
        """
        file = self._files.get(path)
        if file is None:
            segments = path.split("/")
            if segments[0] in _SERVER_PATHS or "." in segments[-1]:
                raise Refused(NOT_FOUND, "no such file")
            file = self._files.get("index.html")
        if file is None:
            raise Refused(NOT_BUILT, "there is no static/index.html")
        lasting = path.startswith(_HASHED) and path in self._files
        caching = "public, max-age=31536000, immutable" if lasting else "no-cache"
        return FileResponse(file, headers={"cache-control": caching})
