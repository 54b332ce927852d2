"""The configurations that the documents show are ones."""

import re
import textwrap
from pathlib import Path

import pytest

from securecart.cli.settings import parse_settings

_DOCS = Path(__file__).parents[3] / "docs"
_BLOCK = re.compile(r"^( *)```toml\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
# A block whose first line names another file is some other program's.
_OTHERS = re.compile(r"# (?!securecart\.toml$)\S+\.toml$", re.MULTILINE)


def _blocks() -> dict[str, str]:
    found = {
        f"{file.relative_to(_DOCS)} {number}": textwrap.dedent(block[1])
        for file in sorted(_DOCS.rglob("*.md"))
        for number, block in enumerate(_BLOCK.findall(file.read_text()), 1)
    }
    return {name: text for name, text in found.items() if not _OTHERS.match(text)}


@pytest.mark.parametrize("name", _blocks())
def test_a_shown_configuration_is_accepted(name: str) -> None:
    """Whoever copies it is not refused."""
    parse_settings(_blocks()[name].encode(), source=name)


def test_links_between_documents_lead_somewhere() -> None:
    """Every relative link names a file that is there."""
    for file in _DOCS.rglob("*.md"):
        for target in re.findall(r"\]\(([^)#:]+)\)", file.read_text()):
            assert (file.parent / target).exists(), f"{file.name}: {target}"
