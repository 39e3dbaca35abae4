"""A secret shows itself to nothing but `reveal`, and a URL only without its password."""

from __future__ import annotations

import copy
import json
import logging
import pickle

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eveobs.settings import Secret, SecretUrl, Wordpress
from eveobs.settings.secret import mask_credentials

pytestmark = pytest.mark.unit

CLEAR = "abcd EFGH 1234"


def test_it_is_masked_wherever_it_is_written(caplog: pytest.LogCaptureFixture) -> None:
    secret = Secret(CLEAR)
    logging.getLogger("eveobs").warning("value %s %r", secret, secret)
    texts = [str(secret), repr(secret), f"{secret}", f"{secret:>20}", "%s" % secret, caplog.text]  # noqa: UP031
    texts += [repr(Wordpress(app_password=secret)), repr({"x": secret}), ascii(secret)]
    for text in texts:
        assert "***" in text
        assert "1234" not in text
    assert secret.reveal() == CLEAR


def test_an_empty_one_is_seen_to_be_empty() -> None:
    assert str(Secret("")) == ""
    assert not Secret("")
    assert Secret("x")


def test_equality_and_hash_go_by_the_text() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a")}) == 1
    assert copy.deepcopy(Secret("a")) == copy.copy(Secret("a")) == Secret("a")


@pytest.mark.parametrize(
    "encode", [pickle.dumps, json.dumps, msgspec.json.encode, msgspec.to_builtins]
)
def test_nothing_encodes_it(encode: object) -> None:
    assert callable(encode)
    with pytest.raises(TypeError):
        encode(Wordpress(app_password=Secret(CLEAR)))
    with pytest.raises(TypeError):
        encode(Secret(CLEAR))


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://user:pw@host/db", "postgresql://user:***@host/db"),
        ("postgresql://user:p@ss/w:rd@host/db", "postgresql://user:***@host/db"),
        ("redis://:pw@host:6379/0", "redis://:***@host:6379/0"),
        ("postgresql://user@host/db", "postgresql://user@host/db"),
        ("postgresql:///db?host=h&password=pw&x=1", "postgresql:///db?host=h&password=***&x=1"),
        ("sqlite:////home/me/e.sqlite3", "sqlite:////home/me/e.sqlite3"),
        ("user:pw", "***"),
        ("", ""),
    ],
)
def test_a_url_hides_its_password_only(url: str, shown: str) -> None:
    assert str(SecretUrl(url)) == shown
    assert repr(SecretUrl(url)) == f"SecretUrl({shown!r})"


@given(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=4).filter(lambda one: "*" not in one)
)
def test_no_password_of_any_kind_gets_through(password: str) -> None:
    secret = f"<{password}>"
    assert secret not in mask_credentials(f"postgresql://user:{secret}@host/db")
