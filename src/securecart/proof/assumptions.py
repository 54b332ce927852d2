"""What a proof takes on trust, in sentences."""

from collections.abc import Iterator
from typing import Final

from securecart.policy import Effect, Statement
from securecart.policy.casing import ascii_lower
from securecart.policy.catalogue import SERVICES
from securecart.proof.deployment import Deployment
from securecart.proof.trust import policies_of
from securecart.proof.variables import Attribute, Letters
from securecart.proof.wildcard import Search

_TODAY: Final = (
    "The actions are those of S3, KMS, IAM and STS that AWS documents today."
)


def assumptions_of(deployment: Deployment, search: Search) -> tuple[str, ...]:
    """Those that the proof rests on, and no others."""
    return tuple(
        dict.fromkeys(
            (
                _all_roles(deployment),
                *_who_is_who(search),
                *_letters(search),
                *_others_in_policies(deployment),
                _TODAY,
            )
        )
    )


def _all_roles(deployment: Deployment) -> str:
    names = ", ".join(role.name for role in deployment.roles)
    exempt = ", ".join(sorted(deployment.exempt))
    besides = f" (besides {exempt}, which are exempt)" if exempt else ""
    return (
        f"People come to no other role of any account than {names}{besides}, and hold"
        " no long-lived credentials."
    )


def _who_is_who(search: Search) -> Iterator[str]:
    pairs = sorted(search.relied_on, key=repr)
    for attribute in sorted(_attributes(search), key=repr):
        if attribute.key == "sts:rolesessionname":
            oidc = ":oidc-provider/" in (attribute.provider or "")
            yield (
                f"{attribute.provider} gives no two people the same subject (`sub`)."
                if oidc
                else f"{attribute.provider} signs the RoleSessionName of each"
                " assertion, and gives no two people the same."
            )
        else:
            yield (
                f"{attribute.provider} signs {attribute.key}, and gives no two people"
                " the same value."
            )
    for asker, owner in pairs:
        if asker.provider != owner.provider:
            first, second = sorted((str(asker.provider), str(owner.provider)))
            yield (f"Whom {first} and {second} give the same name is the same person.")


def _letters(search: Search) -> Iterator[str]:
    found = _attributes(search)
    if any(each.letters is Letters.NAME for each in found):
        yield (
            "STS lets no session name and no source identity be empty or hold a slash."
        )
    for each in sorted(found, key=repr):
        if each.letters is not Letters.NAME and each.slash_free:
            yield f"No value of {each.key} holds a slash."


def _attributes(search: Search) -> set[Attribute]:
    return {attribute for pair in search.relied_on for attribute in pair}


def _others_in_policies(deployment: Deployment) -> Iterator[str]:
    """Who else is let in, and what else is allowed."""
    allowing = [
        statement
        for policy in policies_of(deployment)
        for statement in policy.statements
        if statement.effect is Effect.ALLOW
    ]
    listed = [each.principals.listed for each in allowing if each.principals]
    accounts = {account for each in listed for account in each.accounts}
    accounts |= {arn.split(":")[4] for each in listed for arn in each.arns}
    accounts.discard(deployment.account)
    if accounts:
        yield (
            "Nobody who signs in here acts for these accounts, which the policies let"
            f" in: {', '.join(sorted(accounts))}."
        )
    services = {service for each in listed for service in each.services}
    if services:
        yield (
            "These services, which the policies let in, do nothing for one person with"
            f" another's documents: {', '.join(sorted(services))}."
        )
    vendors = {vendor for each in allowing for vendor in _vendors(each)}
    if vendors:
        yield (
            "What the policies allow besides S3, KMS, IAM and STS leads to no other"
            f" permissions: {', '.join(sorted(vendors))}."
        )
    if not deployment.keys and any(map(_speaks_of_kms, allowing)):
        yield "Nobody who signs in can change the keys that encrypt the documents."


def _vendors(statement: Statement) -> Iterator[str]:
    """The services that a statement allows beside those that are examined."""
    if statement.actions.excluded:
        yield "other services"
        return
    for text in statement.actions.texts:
        vendor = ascii_lower(text).partition(":")[0]
        if vendor not in SERVICES:
            yield "other services" if vendor == "*" else vendor


def _speaks_of_kms(statement: Statement) -> bool:
    texts = statement.actions.texts
    return statement.actions.excluded or any(
        text == "*" or ascii_lower(text).startswith("kms:") for text in texts
    )
