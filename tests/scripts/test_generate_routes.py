"""The table of routes is what the OpenAPI document says, and nobody edited it."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from eveobs.esi.route import Route
from eveobs.esi.routes import BY_PATH, COMPATIBILITY_DATE, ROUTES
from eveobs.settings import Esi
from scripts.generate_routes import generate, main, seconds

pytestmark = pytest.mark.unit

REPOSITORY = Path(__file__).parents[2]
REFERENCE = REPOSITORY.parent / "shared" / "reference"
SPEC = REFERENCE / f"esi-openapi-{COMPATIBILITY_DATE}.json"
TABLE = REFERENCE / f"routes-{COMPATIBILITY_DATE}.csv"


def document(path: str = "/things", method: str = "get", **operation: Any) -> dict[str, Any]:
    base = {"operationId": "Things", "responses": {"200": {}}}
    return {"info": {"version": "2026-01-02"}, "paths": {path: {method: base | operation}}}


def row(**operation: Any) -> Route:
    namespace: dict[str, Any] = {}
    exec(generate(document(**operation)), namespace)  # noqa: S102 - it is a module that we wrote
    (made,) = namespace["ROUTES"]
    assert isinstance(made, Route)
    assert namespace["BY_PATH"] == {(made.method, made.path): made}
    assert namespace["COMPATIBILITY_DATE"] == "2026-01-02"
    return made


def test_a_route_of_which_little_is_said() -> None:
    assert row() == Route("GET", "/things")


def test_a_route_of_which_all_is_said() -> None:
    made = row(
        path="/things/{thing_id}",
        method="delete",
        **{
            "x-cache-age": 300,
            "x-rate-limit": {"group": "things", "max-tokens": 600, "window-size": "15m"},
            "x-required-roles": ["Director", "Accountant"],
            "security": [{"OAuth2": ["esi-things.read.v1"]}],
            "responses": {"200": {"headers": {"X-Pages": {}}}},
        },
    )
    assert made == Route(
        "DELETE",
        "/things/{thing_id}",
        300,
        "x-pages",
        "things",
        600,
        900,
        "esi-things.read.v1",
        ("Director", "Accountant"),
    )


@pytest.mark.parametrize(
    ("operation", "paging"),
    [
        ({"x-pagination": "cursor"}, "cursor"),
        ({"parameters": [{"in": "query", "name": "from_id"}]}, "from-id"),
        ({"parameters": [{"in": "query", "name": "last_mail_id"}]}, "from-id"),
        ({"parameters": [{"in": "path", "name": "from_id"}]}, ""),
        ({"parameters": [{"in": "query", "name": "page"}]}, ""),
    ],
)
def test_how_a_list_is_cut(operation: dict[str, Any], paging: str) -> None:
    assert row(**operation).paging == paging


@pytest.mark.parametrize(
    ("window", "length"), [("30s", 30), ("15m", 900), ("1h", 3600), ("1d", 86400)]
)
def test_windows(window: str, length: int) -> None:
    assert seconds(window) == length


def test_a_route_that_needs_two_scopes_is_not_guessed_at() -> None:
    with pytest.raises(SystemExit, match="more than one scope"):
        generate(document(security=[{"OAuth2": ["a", "b"]}]))


def test_the_command_writes_where_it_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec, target = tmp_path / "spec.json", tmp_path / "routes.py"
    spec.write_text(json.dumps(document()))
    main([str(spec), str(target)])
    main([str(spec), "-"])
    assert capsys.readouterr().out == target.read_text() == generate(document())
    with pytest.raises(SystemExit, match="Usage"):
        main([])


def test_the_pinned_compatibility_date_is_that_of_the_table() -> None:
    assert Esi().compatibility_date == COMPATIBILITY_DATE
    assert len(BY_PATH) == len(ROUTES)


def test_the_table_is_what_the_document_says() -> None:
    if not SPEC.exists():
        pytest.skip("no OpenAPI document beside the repository")
    made = generate(json.loads(SPEC.read_text(encoding="utf-8")))
    ours = (REPOSITORY / "eveobs" / "esi" / "routes.py").read_text(encoding="utf-8")
    assert made == ours, f"`make routes SPEC={SPEC}` writes it anew"


def test_the_table_agrees_with_the_one_made_independently() -> None:
    if not TABLE.exists():
        pytest.skip("no table of routes beside the repository")
    with TABLE.open(encoding="utf-8", newline="") as file:
        theirs = list(csv.DictReader(file))
    assert {(line["method"], line["path"]) for line in theirs} == set(BY_PATH)
    for line in theirs:
        ours = BY_PATH[line["method"], line["path"]]
        assert ours.cache_age == int(line["cache_age"] or 0), line
        assert ours.group == line["rl_group"], line
        assert ours.scope == line["scope"], line
        assert (ours.paging == "x-pages") == ("X-Pages" in line["pagination"]), line
        if line["rl"]:
            tokens, window = line["rl"].split("/")
            assert (ours.tokens, ours.window) == (int(tokens), seconds(window)), line
