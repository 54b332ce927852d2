"""The store's tokens, as another library reads them."""

import pytest
from joserfc import jwt
from joserfc.errors import BadSignatureError
from joserfc.jwk import OctKey

from securecart.adapters.direct_store.tokens import chunk_token, filer_token

KEY, NOW = "a key of thirty-two bytes, or so.", 1_700_000_000.9


def read(token: str, key: str = KEY) -> jwt.Token:
    """Verify it, by HS256 alone."""
    return jwt.decode(token, OctKey.import_key(key), algorithms=["HS256"])


def test_one_for_the_filer_says_how_long_it_lasts() -> None:
    """As long as those that the store makes, and no longer."""
    found = read(filer_token(KEY, NOW))
    assert found.header == {"alg": "HS256", "typ": "JWT"}
    assert found.claims == {"exp": 1_700_000_010}


def test_one_for_a_chunk_names_it() -> None:
    """It is of no use for another's."""
    found = read(chunk_token(KEY, "3,010badcafe", NOW))
    assert found.header == {"alg": "HS256", "typ": "JWT"}
    assert found.claims == {"exp": 1_700_000_010, "fid": "3,010badcafe"}


def test_another_key_is_anothers() -> None:
    """Reading and writing have one each."""
    for token in (filer_token(KEY, NOW), chunk_token(KEY, "3,010badcafe", NOW)):
        with pytest.raises(BadSignatureError):
            read(token, KEY.upper())
