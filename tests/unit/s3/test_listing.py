"""What a listing is asked for, and the order of keys."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securecart.s3 import S3Request
from securecart.s3.errors import InvalidArgument
from securecart.s3.listing import (
    is_possible,
    listing_of,
    passed_files,
    passed_folders,
    read_token,
    url_encoded,
    write_token,
)

Resolve = Callable[..., S3Request]
NAMES = st.text("ab!-./0v", min_size=1, max_size=6)


def test_parameters_are_read(ask: Resolve) -> None:
    """Decoded, and the page bounded by what AWS allows."""
    listing = listing_of(
        ask("GET /docs?list-type=2&prefix=a%20b%2F&delimiter=%C3%A9&max-keys=5000")
    )
    assert (listing.prefix, listing.delimiter) == (b"a b/", "é".encode())
    assert listing.most == 1000
    assert listing.group_of("a b/cédé".encode()) == "a b/cé".encode()
    assert listing.group_of(b"a b/c") is None


@given(st.text(max_size=40).filter(lambda text: "\ud800" not in text))
def test_a_token_comes_back(text: str) -> None:
    """And says nothing but a place."""
    try:
        position = text.encode()
    except UnicodeEncodeError:
        return
    token = write_token(position)
    assert token.isascii()
    assert read_token(token) == position


@pytest.mark.parametrize("token", ["", "a/b", "MQ", "MQ=", "MWE", "MWE==", "Mf8=", "é"])
def test_other_tokens_are_refused(ask: Resolve, token: str) -> None:
    """A key is none, nor is one in another spelling."""
    with pytest.raises(InvalidArgument, match="continuation token provided"):
        read_token(token)
    with pytest.raises(InvalidArgument, match="continuation token provided"):
        listing_of(ask("GET /docs?list-type=2&continuation-token=a"))


def test_a_version_marker_has_a_key(ask: Resolve) -> None:
    """As AWS has it."""
    with pytest.raises(InvalidArgument, match="without a key marker"):
        listing_of(ask("GET /docs?versions&version-id-marker=1"))


@pytest.mark.parametrize("text", ["a//b", "/", "a/../b", "./a", "a\x01", "a\\b"])
def test_what_no_key_begins_with(text: str) -> None:
    """The store might take it for the beginning of others."""
    assert not is_possible(text.encode())


def test_keys_are_encoded_as_aws_does() -> None:
    """A blank is a plus, a slash stays."""
    assert url_encoded("a b+c/é~*%".encode()) == b"a+b%2Bc/%C3%A9~*%25"


@given(NAMES, NAMES)
def test_folders_that_are_passed(folder: str, file: str) -> None:
    """Just those that names put before a file, and bytes behind it."""
    passed = folder < file and f"{folder}/" > file
    assert (folder.encode() in passed_folders(file.encode())) is passed


@given(NAMES, NAMES)
def test_files_that_are_passed(due: str, name: str) -> None:
    """Just those that bytes put up to a name, and their versions behind it."""
    passed = due <= name and f"{due}.versions" > name
    assert (due.encode() in passed_files(name.encode())) is passed
