"""`eveobs api` reaches any route through cache and limits, and says what it cannot do and why."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from eveobs.errors import UsageError
from eveobs.esi.lookup import find, matching
from eveobs.esi.routes import ROUTES
from tests.conftest import Eveobs, NewEden

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_every_route_is_found_as_documented_and_filled_in(route: object) -> None:
    from eveobs.esi.route import Route

    assert isinstance(route, Route)
    assert find(route.method, route.path)[0] == route
    numbers = [part[1:-1] for part in route.path.split("/") if part.startswith("{")]
    found, parameters = find(route.method, route.url(dict.fromkeys(numbers, 7)))
    assert (found, parameters) == (route, dict.fromkeys(numbers, "7"))


def test_the_query_belongs_to_the_parameters() -> None:
    route, parameters = find("GET", "/contracts/public/10000002?page=2&datasource=")
    assert route.path == "/contracts/public/{region_id}"
    assert parameters == {"region_id": "10000002", "page": "2", "datasource": ""}


def test_unknown_paths_and_methods() -> None:
    with pytest.raises(UsageError) as unknown:
        find("GET", "/universe/tpes")
    assert unknown.value.hint == "Did you mean /universe/types?"
    with pytest.raises(UsageError, match="takes GET, not DELETE"):
        find("DELETE", "/status")
    assert matching("no such thing") == []


def test_a_route_is_asked_once_and_then_answered_from_the_cache(
    eveobs: Eveobs, new_eden: NewEden
) -> None:
    first = json.loads(eveobs("api", "GET", "/universe/types/587").stdout)
    assert first["name"] == "Rifter"
    new_eden.reset_counters()
    assert json.loads(eveobs("api", "universe/types/587").stdout) == first
    assert new_eden.requests() == 0


def test_pages_become_one_list(eveobs: Eveobs, new_eden: NewEden) -> None:
    rows = json.loads(eveobs("api", "/contracts/public/10000002", "--paginate").stdout)
    truth = new_eden.get("/_sandbox/truth?region_id=10000002")
    assert rows == truth["contracts"]


def test_what_is_known_of_the_answer_comes_first(eveobs: Eveobs) -> None:
    head, _, body = eveobs("api", "/status", "--include").stdout.partition("\n\n")
    assert "status: 200" in head
    assert "expires: 2" in head
    assert json.loads(body)["players"] > 0


def test_questions_by_post(eveobs: Eveobs, tmp_path: Path) -> None:
    asked = eveobs("api", "POST", "/universe/names", "--input", "-", stdin="[34]")
    assert json.loads(asked.stdout)[0]["name"] == "Tritanium"
    file = tmp_path / "ids.json"
    file.write_text("[587]")
    assert "Rifter" in eveobs("api", "/universe/names", "--input", str(file)).stdout


def test_routes_are_listed(eveobs: Eveobs) -> None:
    table = eveobs("api", "--list", "contracts").stdout
    assert "/contracts/public/{region_id}" in table
    rows = json.loads(eveobs("api", "--list", "char-industry", "--json").stdout)
    assert {row["group"] for row in rows} == {"char-industry"}
    assert rows[0]["tokens"] == 600
    assert len(json.loads(eveobs("api", "--list", "--json").stdout)) == len(ROUTES)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("api",), 2, "no path"),
        (("api", "FETCH", "/status"), 2, "no method"),
        (("api", "/universe/tpes/5"), 2, "Did you mean"),
        (("api", "/universe/types/{type_id}"), 2, "-f type_id="),
        (("api", "/universe/types/5", "-f", "page"), 2, "KEY=VALUE"),
        (("api", "/characters/5/assets"), 4, "esi-assets.read_assets.v1"),
        (("api", "/status", "--paginate"), 2, "not paged"),
        (("api", "/universe/types/999999999"), 1, "404"),
        (("api", "POST", "/universe/names", "--input", "/no/such/file"), 1, "No such file"),
    ],
)
def test_what_cannot_be_done(
    eveobs: Eveobs, arguments: tuple[str, ...], code: int, said: str
) -> None:
    result = eveobs(*arguments)
    assert result.exit_code == code, result.output
    assert said in result.stderr
    assert result.stdout == ""


def test_what_is_sent_must_be_json(eveobs: Eveobs) -> None:
    result = eveobs("api", "POST", "/universe/names", "--input", "-", stdin="[34")
    assert result.exit_code == 2
    assert "no JSON" in result.stderr


class Jobs(BaseHTTPRequestHandler):
    """ESI's freelance jobs, two a page, by cursor; with `full`, the second page is beyond a limit."""

    full = False

    def do_GET(self) -> None:
        query = dict(parse_qsl(urlsplit(self.path).query))
        before = int(query.get("before", 0)) or 6
        first = int(query["after"]) + 1 if "after" in query else max(before - 2, 1)
        jobs = [n for n in (first, first + 1) if n < (6 if "after" in query else before)]
        if self.full and before < 6:
            self.answer(429, {"error": "Too many"}, ("Retry-After", "1000"))
            return
        cursor = {"before": str(jobs[0]), "after": str(jobs[-1])} if jobs else {}
        rows = [{"id": f"job {number}"} for number in jobs]
        self.answer(200, {"freelance_jobs": rows, "cursor": cursor})

    def answer(self, status: int, told: object, *headers: tuple[str, str]) -> None:
        body = json.dumps(told).encode()
        self.send_response(status)
        for name, value in (("Content-Length", str(len(body))), *headers):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def jobs() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Jobs) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"esi.base_url=http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_list_by_cursor_becomes_one(eveobs: Eveobs, jobs: str) -> None:
    result = eveobs("--set", jobs, "api", "/freelance-jobs", "--paginate", "--include")
    head, _, body = result.stdout.partition("\n\n")
    assert result.exit_code == 0, result.output
    assert sorted(row["id"] for row in json.loads(body)) == [f"job {n}" for n in range(1, 6)]
    assert "status: 200" in head


def test_a_limit_in_the_middle_is_exit_6_and_what_came_is_printed(
    eveobs: Eveobs, jobs: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Jobs, "full", True)
    result = eveobs("--set", jobs, "api", "/freelance-jobs", "--paginate")
    assert result.exit_code == 6
    assert [row["id"] for row in json.loads(result.stdout)] == ["job 4", "job 5"]
    assert "until" in result.stderr
