"""A route's URL says exactly what its parameters are."""

from __future__ import annotations

from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eveobs.esi.route import QUESTIONS_BY_POST, Route
from eveobs.esi.routes import BY_PATH, ROUTES

pytestmark = pytest.mark.unit

ITEMS = BY_PATH["GET", "/contracts/public/items/{contract_id}"]
SEARCH = BY_PATH["GET", "/characters/{character_id}/search"]
text = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)


@pytest.mark.parametrize(
    ("parameters", "url"),
    [
        ({"contract_id": 5}, "/contracts/public/items/5"),
        ({"contract_id": 5, "page": 2}, "/contracts/public/items/5?page=2"),
        ({"contract_id": "a/b?c#d e"}, "/contracts/public/items/a%2Fb%3Fc%23d%20e"),
        ({"contract_id": "../x"}, "/contracts/public/items/..%2Fx"),
        (
            {"contract_id": 1, "q": "a b&c=d+e%", "p": "ü"},
            "/contracts/public/items/1?p=%C3%BC&q=a%20b%26c%3Dd%2Be%25",
        ),
        ({"contract_id": 1, "strict": False}, "/contracts/public/items/1?strict=false"),
    ],
)
def test_urls(parameters: dict[str, object], url: str) -> None:
    assert ITEMS.url(parameters) == url


@given(text, st.dictionaries(text, text, max_size=3))
def test_what_was_said_is_what_is_read(name: str, query: dict[str, str]) -> None:
    query.pop("character_id", None)
    url = urlsplit(SEARCH.url({"character_id": name, **query}))
    assert not url.netloc
    assert url.path.split("/") == ["", "characters", url.path.split("/")[2], "search"]
    assert unquote(url.path.split("/")[2]) == name
    assert dict(parse_qsl(url.query, keep_blank_values=True)) == query


def test_a_parameter_of_the_path_that_is_missing_is_an_error() -> None:
    with pytest.raises(KeyError):
        ITEMS.url({"page": 1})


def test_parameters_are_in_one_order_so_that_the_cache_finds_them() -> None:
    assert ITEMS.url({"contract_id": 1, "b": 2, "a": 1}) == ITEMS.url(
        {"a": 1, "contract_id": 1, "b": 2}
    )


def test_a_route_without_parameters() -> None:
    assert BY_PATH["GET", "/status"].url() == "/status"


def test_only_questions_may_be_asked_twice() -> None:
    safe = {route.path for route in ROUTES if route.safe and route.method == "POST"}
    assert safe == QUESTIONS_BY_POST
    assert all(route.safe for route in ROUTES if route.method == "GET")
    assert not any(route.safe for route in ROUTES if route.method in ("PUT", "DELETE"))
    assert not Route("POST", "/characters/{character_id}/mail").safe
