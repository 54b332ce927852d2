"""What reads as a variable, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securecart.policy.pattern import Pattern
from securecart.policy.variables import Variable, read_pieces


def read(text: str) -> tuple[object, ...]:
    """The pieces of a text with variables and no wildcards."""
    return read_pieces(text, variables=True, wild=False)


def test_names_may_hold_hosts_and_ports() -> None:
    """As an issuer's condition keys do."""
    assert read("${localhost:8081:sub}") == (Variable("localhost:8081:sub", None),)
    assert read("a${Login.Example.com/x:sub}b") == (
        "a",
        Variable("login.example.com/x:sub", None),
        "b",
    )


@pytest.mark.parametrize(
    "text", ["${a:b, 'x y'}", "${a:b,'x y'}", "${ a:b , 'x y' }", "${A:B,   'x y'}"]
)
def test_defaults_with_and_without_blanks(text: str) -> None:
    """The default is what stands between the quotes."""
    assert read(text) == (Variable("a:b", "x y"),)


def test_a_default_may_hold_a_brace() -> None:
    """Quotes end a default, braces do not."""
    assert read("${a:b, '}'}/") == (Variable("a:b", "}"), "/")


@pytest.mark.parametrize(
    "text",
    ["${", "${}", "${a:b", "${a:b, x}", "${a:b, 'x}", "${a${b}}", "${a*}", "${a\n}"],
)
def test_what_is_no_variable_is_refused(text: str) -> None:
    """Rather than read as the author did not mean it."""
    with pytest.raises(ValueError, match="variable"):
        read(text)


def test_one_pass_only() -> None:
    """A value that looks like a variable is not read again."""
    pattern = Pattern("${a:b}", variables=True)
    assert pattern.matches("${a:c}", {"a:b": "${a:c}", "a:c": "secret"})
    assert not pattern.matches("secret", {"a:b": "${a:c}", "a:c": "secret"})


def test_keys_of_many_values_have_none() -> None:
    """Only a single value can stand in a text."""
    pattern = Pattern("${a:b}", variables=True)
    assert pattern.matches("x", {"a:b": ("x", "y")}) is None
    assert pattern.matches("x", {"a:b": ("x",)})


@given(st.text(), st.text())
def test_a_value_matches_itself_alone(value: str, other: str) -> None:
    """Whatever characters it is made of."""
    pattern = Pattern("home/${a:b}/*", variables=True)
    assert pattern.matches(f"home/{value}/x", {"a:b": value})
    if "/" not in value + other and value != other:
        assert not pattern.matches(f"home/{other}/x", {"a:b": value})
