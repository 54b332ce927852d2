"""Character data of XML documents that we write."""

import re
from xml.sax.saxutils import escape

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no way to write (section 2.2)."""
_CARRIAGE_RETURN = {"\r": "&#13;"}


def xml_text(text: str) -> str:
    """Escape character data; what XML cannot hold becomes U+FFFD."""
    # Of printable text XML can write everything: the usual case, found by C.
    if text.isprintable() and not ("&" in text or "<" in text or ">" in text):
        return text
    return escape(_NOT_XML.sub("\ufffd", text), _CARRIAGE_RETURN)
