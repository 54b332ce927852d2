"""The administrators' guides: what tests run is what these say."""

import re
import textwrap
from pathlib import Path

_GUIDES = Path(__file__).parents[3] / "docs/identity-providers"


class Guide:
    """One guide, with its code blocks."""

    def __init__(self, name: str) -> None:
        fence = r"^( *)```(\w+)\n(.*?)^ *```$"
        text = (_GUIDES / name).read_text()
        self._blocks = [
            (language, textwrap.dedent(block))
            for _, language, block in re.findall(fence, text, re.MULTILINE | re.DOTALL)
        ]

    def file(self, name: str) -> str:
        """The block whose first line is a comment with the file's name."""
        lines = (f"// {name}\n", f"# {name}\n")
        found = [block for _, block in self._blocks if block.startswith(lines)]
        assert len(found) == 1, f"{len(found)} blocks for {name}"
        return found[0]

    def language(self, name: str) -> str:
        """The only block of a language."""
        found = [block for language, block in self._blocks if language == name]
        assert len(found) == 1, f"{len(found)} blocks of {name}"
        return found[0]
