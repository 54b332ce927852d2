"""From any account to the one that is wanted, and no further."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securecart.blueprint import (
    Blueprint,
    Decryption,
    InvalidBlueprint,
    NotConverged,
    SetupBlocked,
    SetupFailed,
    apply,
    plan,
    setup_for,
    verify,
)
from securecart.blueprint import changes as c
from securecart.blueprint.in_memory import InMemoryAccount
from securecart.blueprint.json_document import same
from securecart.blueprint.revocation import revocation_document
from securecart.blueprint.setup import Bucket, Cors, Encryption, Key, Role, Setup


def applied(blueprint: Blueprint) -> InMemoryAccount:
    """An account on which the blueprint was applied."""
    account = InMemoryAccount()
    apply(blueprint, account)
    account.carried_out.clear()
    return account


def test_an_empty_account_gets_everything_once(blueprint: Blueprint) -> None:
    """Afterwards the account equals the blueprint, and the plan is empty."""
    account = InMemoryAccount()
    done = apply(blueprint, account)
    assert account.setup.key is not None
    assert account.setup == setup_for(blueprint, account.setup.key.arn)
    assert list(done) == account.carried_out
    assert verify(blueprint, account) == ()
    assert apply(blueprint, account) == ()


def test_nobody_can_sign_in_before_everything_is_guarded(blueprint: Blueprint) -> None:
    """The bucket is closed and encrypting before the role exists."""
    account = InMemoryAccount()
    kinds = [type(change) for change in apply(blueprint, account)]
    assert kinds[0] is c.CreateKey
    assert kinds[-1] is c.PutRolePolicy
    role = kinds.index(c.CreateRole)
    for guard in (c.BlockPublicAccess, c.PutEncryption, c.PutBucketPolicy):
        assert kinds.index(guard) < role


def test_changes_that_name_the_key_wait_for_it(blueprint: Blueprint) -> None:
    """A preview shows where the ARN will be; what is carried out has it."""
    account = InMemoryAccount()
    preview = verify(blueprint, account)
    assert any("(the ARN of the new key)" in str(change) for change in preview)
    for change in apply(blueprint, account):
        assert "new key" not in str(change)
        assert "new key" not in repr(change)


def test_every_change_says_what_it_does(blueprint: Blueprint) -> None:
    """In words that begin with a verb, and without a document in them."""
    for change in verify(blueprint, InMemoryAccount()):
        assert str(change)[0].islower()
        assert "{" not in str(change)


@pytest.mark.parametrize("interrupted_after", range(22))
def test_an_interrupted_run_is_taken_up_again(
    blueprint: Blueprint, interrupted_after: int
) -> None:
    """Wherever the first run stops, the second ends in the same account."""

    class Interrupted(SetupFailed):
        pass

    class Interrupting(InMemoryAccount):
        def carry_out(self, change: c.Change) -> None:
            if len(self.carried_out) == interrupted_after:
                raise Interrupted
            super().carry_out(change)

    interrupting = Interrupting()
    try:
        apply(blueprint, interrupting)
    except Interrupted:
        assert len(interrupting.carried_out) == interrupted_after
    account = InMemoryAccount(interrupting.setup)
    apply(blueprint, account)
    assert account.setup == applied(blueprint).setup
    made = [*interrupting.carried_out, *account.carried_out]
    assert sum(isinstance(change, c.CreateKey) for change in made) == 1


def drift_key(**fields: Any) -> Callable[[Setup], Setup]:
    """A set-up whose key differs."""

    def drift(setup: Setup) -> Setup:
        assert setup.key is not None
        return replace(setup, key=replace(setup.key, **fields))

    return drift


def drift_bucket(**fields: Any) -> Callable[[Setup], Setup]:
    """A set-up whose bucket differs."""

    def drift(setup: Setup) -> Setup:
        assert setup.bucket is not None
        return replace(setup, bucket=replace(setup.bucket, **fields))

    return drift


def drift_role(**fields: Any) -> Callable[[Setup], Setup]:
    """A set-up whose role differs."""

    def drift(setup: Setup) -> Setup:
        assert setup.role is not None
        return replace(setup, role=replace(setup.role, **fields))

    return drift


def foreign_clients(setup: Setup) -> Setup:
    """A set-up whose OpenID provider vouches to somebody else only."""
    assert setup.oidc is not None
    return replace(setup, oidc=replace(setup.oidc, client_ids=frozenset({"other"})))


def new_metadata(setup: Setup) -> Setup:
    """A set-up whose SAML provider has another certificate."""
    assert setup.saml is not None
    return replace(setup, saml=replace(setup.saml, metadata="<other/>"))


ANYONE = Cors(frozenset({"*"}), frozenset({"GET"}), frozenset({"*"}), frozenset(), 3000)


@pytest.mark.parametrize(
    ("drift", "repair"),
    [
        (drift_key(policy="{}"), c.PutKeyPolicy),
        (drift_key(rotates=False), c.EnableKeyRotation),
        (drift_key(has_alias=False), c.CreateAlias),
        (drift_bucket(versioned=False), c.EnableVersioning),
        (drift_bucket(encryption=None), c.PutEncryption),
        (drift_bucket(encryption=Encryption(None, bucket_key=False)), c.PutEncryption),
        (drift_bucket(closed=False), c.BlockPublicAccess),
        (drift_bucket(owner_enforced=False), c.EnforceOwnership),
        (drift_bucket(cors=()), c.PutCors),
        (drift_bucket(cors=(ANYONE,)), c.PutCors),
        (drift_bucket(policy=None), c.PutBucketPolicy),
        (drift_bucket(policy='{"Version": "2012-10-17"}'), c.PutBucketPolicy),
        (new_metadata, c.UpdateSamlProvider),
        (foreign_clients, c.AddClientId),
        (drift_role(trust="{}"), c.UpdateTrust),
        (drift_role(max_session_seconds=3600), c.UpdateMaxSession),
        (drift_role(inline=()), c.PutRolePolicy),
        (
            drift_role(attached=frozenset({"arn:aws:iam::aws:policy/X"})),
            c.DetachRolePolicy,
        ),
        (lambda setup: replace(setup, saml=None), c.CreateSamlProvider),
        (lambda setup: replace(setup, oidc=None), c.CreateOidcProvider),
    ],
)
def test_each_drift_is_found_and_repaired_by_one_change(
    blueprint: Blueprint, drift: Callable[[Setup], Setup], repair: type
) -> None:
    """And by nothing else."""
    account = applied(blueprint)
    wanted = account.setup
    account.setup = drift(wanted)
    assert [type(change) for change in apply(blueprint, account)] == [repair]
    assert verify(blueprint, account) == ()


def test_a_foreign_permission_of_the_role_is_taken_away(blueprint: Blueprint) -> None:
    """Before anything else about the role, whatever it is called."""
    account = applied(blueprint)
    assert account.setup.role is not None
    policies = (*account.setup.role.inline, ("Everything", "{}"))
    account.setup = drift_role(inline=policies, trust="{}")(account.setup)
    first, second = apply(blueprint, account)
    assert first == c.DeleteRolePolicy("SecureCartEmployee", "Everything")
    assert isinstance(second, c.UpdateTrust)


def test_a_revocation_is_no_drift(blueprint: Blueprint) -> None:
    """To apply the set-up again must not let anybody back in."""
    account = applied(blueprint)
    assert account.setup.role is not None
    revocation = revocation_document(
        datetime(2026, 3, 2, tzinfo=UTC), role_id="AROAEXAMPLE", people=["ada"]
    )
    name = "SecureCartRevoked-20260302T000000Z-0a0a0a0a"
    policies = (*account.setup.role.inline, (name, revocation))
    account.setup = drift_role(inline=policies)(account.setup)
    assert verify(blueprint, account) == ()


def test_other_clients_of_the_openid_provider_stay(blueprint: Blueprint) -> None:
    """The provider may be shared; the role's trust names ours alone."""
    account = applied(blueprint)
    account.setup = foreign_clients(account.setup)
    apply(blueprint, account)
    assert account.setup.oidc is not None
    assert account.setup.oidc.client_ids == {"other", "securecart-portal"}


@pytest.mark.parametrize("state", ["Disabled", "PendingDeletion", "Unavailable"])
def test_a_key_that_somebody_switched_off_is_left_to_a_person(
    blueprint: Blueprint, state: str
) -> None:
    """Switching it on again would undo what was meant to protect."""
    account = applied(blueprint)
    account.setup = drift_key(state=state)(account.setup)
    with pytest.raises(SetupBlocked, match=state):
        apply(blueprint, account)
    assert account.carried_out == []


def test_a_bucket_elsewhere_is_left_alone(blueprint: Blueprint) -> None:
    """Its region cannot be changed."""
    account = InMemoryAccount(Setup(bucket=Bucket("eu-west-1")))
    with pytest.raises(SetupBlocked, match="eu-west-1"):
        apply(blueprint, account)


def test_an_account_that_ignores_a_change_is_an_error(blueprint: Blueprint) -> None:
    """Rather than a loop, or a set-up that only seems to be done."""

    class Deaf(InMemoryAccount):
        def carry_out(self, change: c.Change) -> None:
            if not isinstance(change, c.PutBucketPolicy):
                super().carry_out(change)

    with pytest.raises(NotConverged, match="deny on securecart-user-docs"):
        apply(blueprint, Deaf())


def federated(blueprint: Blueprint) -> set[str]:
    """The providers that the role trusts, once the blueprint is applied."""
    role = applied(blueprint).setup.role
    assert role is not None
    statements = json.loads(role.trust)["Statement"]
    return {statement["Principal"]["Federated"] for statement in statements}


def test_one_way_to_sign_in_is_enough(blueprint: Blueprint) -> None:
    """The other leaves no provider and no trust."""
    saml_only, oidc_only = replace(blueprint, oidc=None), replace(blueprint, saml=None)
    assert applied(saml_only).setup.oidc is None
    assert applied(oidc_only).setup.saml is None
    providers = "arn:aws:iam::111122223333"
    assert federated(saml_only) == {f"{providers}:saml-provider/SecureCart"}
    assert federated(oidc_only) == {f"{providers}:oidc-provider/localhost:8081"}


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"saml": None, "oidc": None}, "nobody could sign in"),
        ({"account": "12345"}, "12 digits"),
        ({"account": "1111222233334"}, "12 digits"),
        ({"max_session_seconds": 900}, "between 1 and 12 hours"),
        ({"max_session_seconds": 43_201}, "between 1 and 12 hours"),
        ({"key_alias": "securecart"}, "begins with alias/"),
    ],
)
def test_an_impossible_blueprint_is_refused(
    blueprint: Blueprint, fields: dict[str, Any], says: str
) -> None:
    """Before anything is read or changed."""
    with pytest.raises(InvalidBlueprint, match=says):
        replace(blueprint, **fields)


def test_documents_are_rendered_the_same_every_time(blueprint: Blueprint) -> None:
    """So that a diff of two exports shows what changed, and nothing else."""
    assert setup_for(blueprint) == setup_for(blueprint)


def test_metadata_is_compared_without_marks_and_line_ends(
    blueprint: Blueprint,
) -> None:
    """ADFS writes a byte-order mark, and IAM gives lines back its own way."""
    assert blueprint.saml is not None
    marked = replace(blueprint.saml, metadata="\ufeff<metadata>\r\n</metadata>\r\n")
    account = applied(
        replace(blueprint, saml=replace(marked, metadata="<metadata>\n</metadata>"))
    )
    assert plan(replace(blueprint, saml=marked), account.setup) == ()


POLICIES = st.recursive(
    st.booleans() | st.text(max_size=3),
    lambda inner: (
        st.lists(st.text(max_size=3), min_size=1, max_size=3)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=3), POLICIES, max_size=4))
def test_writing_a_policy_otherwise_changes_nothing(policy: dict[str, Any]) -> None:
    """Order of keys and of lists, brackets around one: all the same."""

    def otherwise(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: otherwise(value[key]) for key in reversed(value)}
        if isinstance(value, list):
            return value[0] if len(value) == 1 else value[::-1]
        return [value]

    assert same(json.dumps(policy), json.dumps(otherwise(policy)))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('{"Action": "s3:*"}', '{"Action": "s3:Get*"}'),
        ('{"Action": ["a", "b"]}', '{"Action": ["a"]}'),
        ('{"Effect": "Deny"}', '{"Effect": "Allow"}'),
        ('{"Principal": "*"}', '{"NotPrincipal": "*"}'),
        ("{}", None),
        ("{}", "no JSON"),
    ],
)
def test_policies_that_mean_different_things_differ(
    one: str, other: str | None
) -> None:
    """In what they allow, to whom, or at all."""
    assert not same(one, other)
    assert not same(other, one)
    assert same(one, one)
    assert same(other, other)


def test_true_and_its_name_are_the_same() -> None:
    """A condition's value may come back as text."""
    assert same('{"Bool": {"k": true}}', '{"Bool": {"k": "true"}}')


def test_keys_and_roles_are_known_apart() -> None:
    """The nouns compare by every field."""
    assert Key("a", "{}") != Key("a", "{}", rotates=False)
    assert Role("{}", 3600) != Role("{}", 7200)


# The SAML provider's private key.


def encrypting(
    blueprint: Blueprint, *, fingerprint: str = "one", required: bool = False
) -> Blueprint:
    """A blueprint with encrypted assertions."""
    assert blueprint.saml is not None
    decryption = Decryption(b"secret", fingerprint, required=required)
    return replace(blueprint, saml=replace(blueprint.saml, decryption=decryption))


def test_the_decryption_key_is_given_once(blueprint: Blueprint) -> None:
    """What was given is known by its fingerprint, and never read back."""
    wanted = encrypting(blueprint)
    account = applied(wanted)
    assert account.setup.saml is not None
    assert account.setup.saml.decryption_key == "one"
    assert account.setup.saml.encryption == "Allowed"
    assert verify(wanted, account) == ()
    (change,) = verify(encrypting(blueprint, fingerprint="two"), account)
    assert isinstance(change, c.GiveDecryptionKey)
    assert "secret" not in repr(change) + str(change) + repr(wanted)


def test_a_key_that_somebody_took_away_is_given_again(blueprint: Blueprint) -> None:
    """Else nobody could sign in."""
    wanted = encrypting(blueprint)
    account = applied(wanted)
    assert account.setup.saml is not None
    bare = replace(account.setup.saml, decryption_key=None)
    account.setup = replace(account.setup, saml=bare)
    assert [type(change) for change in apply(wanted, account)] == [c.GiveDecryptionKey]


def test_whether_plain_assertions_are_taken_is_kept_to(blueprint: Blueprint) -> None:
    """Required, allowed again, and no demand left where encryption is off."""
    account = applied(encrypting(blueprint))
    for wanted, mode in (
        (encrypting(blueprint, required=True), "Required"),
        (encrypting(blueprint), "Allowed"),
        (encrypting(blueprint, required=True), "Required"),
        (blueprint, "Allowed"),
    ):
        (change,) = apply(wanted, account)
        assert isinstance(change, c.SetAssertionEncryption)
        assert change.mode == mode
        assert ("encrypted" in str(change)) == (mode == "Required")
        assert verify(wanted, account) == ()
