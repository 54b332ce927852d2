"""Tags of keys.

Source: AWS KMS API Reference; each function is the action of its name.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from securecart.kms.call import Call, Change, Result
from securecart.kms.entities import Tags
from securecart.kms.errors import LimitExceededException, TagException
from securecart.kms.find import key_in, key_not_dying
from securecart.kms.paging import page

_TAGS_PER_PAGE = 50
_MAX_TAGS = 50  # AWS KMS Developer Guide, "Quotas".


def tags_from(members: Iterable[Mapping[str, str]]) -> Tags:
    """Read a `Tags` parameter.

    Raises:
        TagException, LimitExceededException: if AWS would not take them.
    """
    tags = tuple((member["TagKey"], member["TagValue"]) for member in members)
    if any(key.lower().startswith("aws:") for key, _ in tags):
        raise TagException("aws: prefixed tag key names are not allowed.")
    return _limited(tags)


def _limited(tags: Tags) -> Tags:
    # Condition keys do not tell case apart, so neither may what they look at.
    if len({key.lower() for key, _ in tags}) != len(tags):
        raise TagException("Duplicate tag keys")
    if len(tags) > _MAX_TAGS:
        raise LimitExceededException(f"A key has at most {_MAX_TAGS} tags")
    return tags


def tag_resource(change: Change) -> Result:
    """Add tags to a key, or change the values of those it has."""
    key = key_not_dying(change)
    added = dict(tags_from(change.parameters.get("Tags", ())))
    merged = tuple((dict(key.tags) | added).items())
    change.store.put(replace(key, tags=_limited(merged)))
    return {}


def untag_resource(change: Change) -> Result:
    """Remove tags from a key; keys it does not have are no error."""
    key = key_not_dying(change)
    gone = frozenset(change.parameters.get("TagKeys", ()))
    kept = tuple(tag for tag in key.tags if tag[0] not in gone)
    change.store.put(replace(key, tags=kept))
    return {}


def list_resource_tags(call: Call) -> Result:
    """Answer a key's tags."""
    shapes = {
        name: {"TagKey": name, "TagValue": value} for name, value in key_in(call).tags
    }
    return page(call, "Tags", shapes, default=_TAGS_PER_PAGE)
