"""What kind of policy a document is by the look of it."""

from typing import Any

from securecart.policy.document import PolicyKind
from securecart.policy.json_text import read_json


def guess_kind(text: str) -> PolicyKind:
    """Tell the kind by the elements; whoever knows better should say so.

    A session policy looks like an identity policy. What is no policy at all
    is called one too: reading it then says what is wrong.
    """
    try:
        document = read_json(text)
    except ValueError:
        return PolicyKind.IDENTITY
    found = document.get("Statement") if isinstance(document, dict) else None
    listed = found if isinstance(found, list) else [found]
    statements = [statement for statement in listed if isinstance(statement, dict)]
    if not any({"Principal", "NotPrincipal"} & set(s) for s in statements):
        return PolicyKind.IDENTITY
    actions = [action for s in statements for action in _texts(s.get("Action"))]
    if actions and all(action.lower().startswith("sts:") for action in actions):
        return PolicyKind.TRUST
    return PolicyKind.RESOURCE


def _texts(element: Any) -> list[str]:
    listed = element if isinstance(element, list) else [element]
    return [text for text in listed if isinstance(text, str)]
