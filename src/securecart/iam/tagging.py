"""Tags of users, managed policies and OpenID providers.

Roles and SAML providers keep theirs beside what else they do.

Source: AWS IAM API Reference; each function is the action of its name.
"""

from dataclasses import replace

from securecart.iam.call import Call, Change, Result
from securecart.iam.entities import ManagedPolicy, OidcProvider, User
from securecart.iam.find import oidc_provider_in, policy_in, user_in
from securecart.iam.paging import page
from securecart.iam.rules import merged_tags, tags_from
from securecart.iam.shapes import tag_list

_Tagged = User | ManagedPolicy | OidcProvider


def tag_user(change: Change) -> Result:
    """Add tags to a user, or change the values of those it has."""
    return _tag(change, user_in(change))


def untag_user(change: Change) -> Result:
    """Remove tags from a user; keys it does not have are no error."""
    return _untag(change, user_in(change))


def list_user_tags(call: Call) -> Result:
    """Answer a user's tags."""
    return _list(call, user_in(call))


def tag_policy(change: Change) -> Result:
    """Add tags to a managed policy, or change the values of those it has."""
    return _tag(change, policy_in(change))


def untag_policy(change: Change) -> Result:
    """Remove tags from a managed policy; keys it does not have are no error."""
    return _untag(change, policy_in(change))


def list_policy_tags(call: Call) -> Result:
    """Answer a managed policy's tags."""
    return _list(call, policy_in(call))


def tag_open_id_connect_provider(change: Change) -> Result:
    """Add tags to a provider, or change the values of those it has."""
    return _tag(change, oidc_provider_in(change))


def untag_open_id_connect_provider(change: Change) -> Result:
    """Remove tags from a provider; keys it does not have are no error."""
    return _untag(change, oidc_provider_in(change))


def list_open_id_connect_provider_tags(call: Call) -> Result:
    """Answer a provider's tags."""
    return _list(call, oidc_provider_in(call))


def _tag(change: Change, entity: _Tagged) -> Result:
    added = tags_from(change.parameters.get("Tags", ()))
    change.store.put(replace(entity, tags=merged_tags(entity.tags, added)))
    return {}


def _untag(change: Change, entity: _Tagged) -> Result:
    gone = {str(key).lower() for key in change.parameters.get("TagKeys", ())}
    kept = tuple(tag for tag in entity.tags if tag[0].lower() not in gone)
    change.store.put(replace(entity, tags=kept))
    return {}


def _list(call: Call, entity: _Tagged) -> Result:
    return page(call, "Tags", {tag["Key"]: tag for tag in tag_list(entity.tags)})
