"""Texts of records as people may see them."""


def printable(text: str) -> str:
    """A stranger chose some of it: nothing steers a terminal or turns a line."""
    return "".join(character if character.isprintable() else "�" for character in text)
