"""A value that ESI adds to an enumeration costs no row, in any room: it is kept as it is."""

from __future__ import annotations

import csv
import io
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from eveobs.esi.drift import seen
from tests.conftest import Eveobs

pytestmark = pytest.mark.integration

ENDS = "2099-01-01T00:00:00Z"
ROWS = [
    {
        "contract_id": number,
        "type": kind,
        "issuer_id": 90_000_001,
        "issuer_corporation_id": 98_000_001,
        "date_issued": "2026-11-01T00:00:00Z",
        "date_expired": ENDS,
        "price": 100.0,
        "title": f"number {number}",
        "start_location_id": 60_003_760,
    }
    for number, kind in ((1, "item_exchange"), (2, "lease"), (3, "auction"), (4, "lease"))
]
ITEMS = [{"record_id": 1, "type_id": 34, "quantity": 5, "is_included": True, "mood": "new field"}]
NAMES = {
    10000002: ("region", "The Forge"),
    90_000_001: ("character", "An Issuer"),
    98_000_001: ("corporation", "A Corporation"),
    60_003_760: ("station", "A Station"),
    34: ("inventory_type", "Tritanium"),
}


class New(BaseHTTPRequestHandler):
    """An ESI that has leases."""

    def do_GET(self) -> None:
        answers: dict[str, Any] = {
            "/universe/regions": [10000002],
            "/contracts/public/10000002": ROWS,
        }
        path = self.path.partition("?")[0]
        if path.startswith("/contracts/public/items"):
            self._say(ITEMS)
        elif path.startswith("/contracts/public/bids"):
            self._say([])
        else:
            self._say(answers.get(path, {"region_id": 10000002, "name": "The Forge"}))

    def do_POST(self) -> None:
        ids = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self._say([dict(zip(("id", "category", "name"), (n, *NAMES[n]), strict=True)) for n in ids])

    def _say(self, value: Any) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Last-Modified", "Tue, 01 Dec 2026 00:00:00 GMT")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def leasing(tmp_path: Path) -> Iterator[Eveobs]:
    with HTTPServer(("127.0.0.1", 0), New) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield Eveobs({"EVEOBS_HOME": str(tmp_path / "home"), "EVEOBS_ESI__BASE_URL": url})
        finally:
            server.shutdown()
            thread.join()


def test_a_new_type_of_contract_is_kept_everywhere(leasing: Eveobs, tmp_path: Path) -> None:
    fetched = leasing("fetch", "contracts", "--region", "10000002", "--json")
    assert fetched.exit_code == 0, fetched.output
    (outcome,) = json.loads(fetched.stdout)
    assert (outcome["status"], outcome["rows"]) == ("complete", 4)
    assert fetched.stderr.count("value lease of type") == 1
    assert fetched.stderr.count("field mood") == 1

    rows = leasing.json("list", "contracts")
    assert sorted(row["type"] for row in rows) == ["auction", "item_exchange", "lease", "lease"]
    assert leasing("list", "contracts").exit_code == 0
    assert leasing.json("show", "contract", "2")["type"] == "lease"
    assert leasing("show", "contract", "2").exit_code == 0
    assert leasing("history", "contract", "2").exit_code == 0
    chosen = leasing.json("list", "contracts", "--type", "lease", "--type", "auction")
    assert sorted(row["contract_id"] for row in chosen) == [2, 3, 4]
    told = leasing("sql", "SELECT type, count(*) AS n FROM contracts GROUP BY type", "--json")
    assert {"type": "lease", "n": 2} in json.loads(told.stdout)

    exported = leasing("export", "contracts", "--format", "csv")
    assert exported.exit_code == 0, exported.output
    assert [row["type"] for row in csv.DictReader(io.StringIO(exported.stdout))].count("lease") == 2

    found = leasing.json("find", "Tritanium")
    assert {row["contract_id"] for row in found} <= {1, 3}  # a lease sells nothing

    lease = ("--from", "contracts", "--where", "type=lease", "--dry-run")
    assert {row["id"] for row in leasing.json("publish", *lease)} == {"2", "4"}
    published = leasing("publish", "--from", "contracts")
    assert published.exit_code == 0, published.output
    site = tmp_path / "home" / "data" / "site"
    pages = [page.read_text(encoding="utf-8") for page in site.rglob("*.html")]
    assert any("number 2" in page for page in pages)

    counted = {(one.field, one.value): one.count for one in seen(tmp_path / "home" / "state")}
    assert counted["type", "lease"] == 2
    assert ("mood", None) in counted


@pytest.mark.parametrize("word", ["leese", "lease"])
def test_a_value_that_is_neither_known_nor_stored_is_refused(word: str, filled: Eveobs) -> None:
    for words in (("list", "contracts", "--type", word), ("publish", "--where", f"type={word}")):
        refused = filled(*words)
        assert (refused.exit_code, refused.stdout) == (2, "")
        assert f"error: invalid type '{word}': expected item_exchange, auction" in refused.stderr
    near = filled("list", "contracts", "--type", "auctoin")
    assert (near.exit_code, "hint: Did you mean 'auction'?" in near.stderr) == (2, True)


def test_an_archive_with_leases_is_written_and_read(leasing: Eveobs, tmp_path: Path) -> None:
    assert leasing("fetch", "contracts", "--region", "10000002").exit_code == 0
    archive = tmp_path / "leases.tar.bz2"
    written = leasing("export", "contracts", "--format", "everef", "-o", str(archive))
    assert written.exit_code == 0, written.output
    other = Eveobs({**leasing.env, "EVEOBS_HOME": str(tmp_path / "other")})
    assert other("import", "everef", str(archive)).exit_code == 0
    assert [row["type"] for row in other.json("list", "contracts", "--all")].count("lease") == 2
