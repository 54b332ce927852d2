"""The administrators' page on clients: what tests run is what it says."""

import re
from pathlib import Path

DOCUMENT = Path(__file__).parents[3] / "docs" / "clients.md"


def blocks() -> dict[str, str]:
    """The code blocks by the second word of their fence."""
    fence = r"^```\w+ (\S+)\n(.*?)^```$"
    return dict(re.findall(fence, DOCUMENT.read_text(), re.DOTALL | re.MULTILINE))


def in_shell(block: str, command: str) -> list[str]:
    """A command in a shell that was set up as a block says."""
    return ["sh", "-c", f"set -eu\n{blocks()[block]}\n{command}"]
