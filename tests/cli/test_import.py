"""`eveobs import everef` and `eveobs export --format everef`, from a real sandbox and back."""

from __future__ import annotations

import csv
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from email.utils import parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.archives.making import CONTRACTS, DYNAMIC, FILES, archive_of
from tests.conftest import Eveobs, NewEden, process
from tests.store.drafts import asked, everything

pytestmark = pytest.mark.integration


def url_of(home: Eveobs) -> str:
    (path,) = Path(home.env["EVEOBS_HOME"]).rglob("eveobs.sqlite3")
    return f"sqlite:///{path}"


@pytest.fixture(scope="session")
def archive(filled: Eveobs, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Forge of the sandbox as an archive."""
    path = tmp_path_factory.mktemp("archive") / "forge.tar.bz2"
    result = filled("export", "contracts", "-o", str(path))
    assert result.exit_code == 0, result.output
    assert "300 contracts in" in result.stderr
    return path


OWN = (
    "contract_id, type, issuer_id, issuer_corporation_id, date_issued, date_expired, "
    "for_corporation, title, price, reward, collateral, buyout, volume, days_to_complete, "
    "start_location_id, end_location_id, region_id, last_seen, gone_at, row_hash"
)
TABLES = {
    "contracts": f"SELECT {OWN} FROM contracts ORDER BY 1",  # noqa: S608 - columns, named above
    "items": "SELECT * FROM contract_items ORDER BY 1, 2",
    "bids": "SELECT * FROM contract_bids ORDER BY 1, 2",
    "answers": "SELECT * FROM answers WHERE detail = 'items' AND meaning = 'given' AND parent IN "
    "(SELECT contract_id FROM contract_items GROUP BY 1 HAVING count(*) < 1000) ORDER BY 1, 2, 3",
}


def test_an_export_read_back_gives_the_same_tables(
    filled: Eveobs, eveobs: Eveobs, archive: Path, tmp_path: Path
) -> None:
    (done,) = eveobs.json("import", "everef", str(archive))
    assert done["status"] == "complete"
    assert (done["contracts"], done["new"]) == (300, 300)
    for name, table in TABLES.items():
        assert asked(url_of(eveobs), table) == asked(url_of(filled), table), name
    again = tmp_path / "again.tar.bz2"
    assert eveobs("export", "contracts", "--format", "everef", "-o", str(again)).exit_code == 0
    other = Eveobs({**eveobs.env, "EVEOBS_HOME": str(tmp_path / "other")})
    other.json("import", "everef", str(again))
    first, second = everything(url_of(eveobs)), everything(url_of(other))
    assert {n: first[n] for n in ("contracts", "contract_items", "contract_bids")} == {
        n: second[n] for n in ("contracts", "contract_items", "contract_bids")
    }


def test_items_were_modified_when_their_answer_was(archive: Path, new_eden: NewEden) -> None:
    items = csv.DictReader(file_of(archive, "contract_items.csv").splitlines())
    by_contract = {row["contract_id"]: row["http_last_modified"] for row in items}
    for contract_id, modified in list(by_contract.items())[:5]:
        answer = httpx.get(f"{new_eden.url}/contracts/public/items/{contract_id}")
        said = parsedate_to_datetime(answer.headers["last-modified"])
        assert modified == f"{said:%Y-%m-%dT%H:%M:%SZ}"


def test_a_fetch_asks_only_for_what_the_archive_lacked(
    filled: Eveobs, eveobs: Eveobs, archive: Path, new_eden: NewEden
) -> None:
    eveobs.json("import", "everef", str(archive))
    known = asked(url_of(eveobs), "SELECT count(*) AS n FROM answers")[0]["n"]
    (result,) = eveobs.json("fetch", "contracts", "--no-bids")
    assert result["status"] == "complete"
    asked_in_all = asked(
        url_of(filled), "SELECT count(*) AS n FROM answers WHERE detail = 'items'"
    )[0]["n"]
    lacking = asked_in_all - known
    assert 0 < lacking < 20
    assert known > 200
    pages, names = 1, 10
    assert lacking <= result["requests"] <= lacking + pages + names
    whole = "SELECT * FROM contract_items ORDER BY 1, 2"
    assert asked(url_of(eveobs), whole) == asked(url_of(filled), whole)


def test_once_more_nothing_changes(eveobs: Eveobs, archive: Path) -> None:
    eveobs.json("import", "everef", str(archive))
    before = everything(url_of(eveobs))
    (done,) = eveobs.json("import", "everef", str(archive))
    assert done["status"] == "unchanged"
    assert everything(url_of(eveobs)) == before


def test_an_archive_of_our_own_tells_us_nothing(
    filled: Eveobs, archive: Path, tmp_path: Path
) -> None:
    home = tmp_path / "copy"
    shutil.copytree(filled.env["EVEOBS_HOME"], home)
    copy = Eveobs({**filled.env, "EVEOBS_HOME": str(home)})
    copy.json("fetch", "contracts")  # as fresh as can be
    before = everything(url_of(copy))
    assert copy.json("import", "everef", str(archive))[0]["status"] == "unchanged"
    assert everything(url_of(copy)) == before
    assert copy.json("fetch", "contracts")[0]["requests"] == 0, "it is as fresh as it was"


def test_what_cannot_be_read_changes_nothing(eveobs: Eveobs, tmp_path: Path) -> None:
    good = archive_of(tmp_path)
    eveobs.json("import", "everef", str(good))
    before = everything(url_of(eveobs))
    (tmp_path / "bad").mkdir()
    lines = CONTRACTS.replace("0.0,1,", "0.0,5,") + "one,cell\r\n"
    bad = archive_of(tmp_path / "bad", contracts=lines)
    result = eveobs("import", "everef", str(bad))
    assert result.exit_code == 1
    assert "line 4 of contracts.csv: it has 2 cells, and the header 21" in result.stderr
    assert "hint: Nothing was changed." in result.stderr
    bad.write_bytes(good.read_bytes()[:-20])
    result = eveobs("import", "everef", str(bad))
    assert result.exit_code == 1
    assert "it is truncated" in result.stderr
    assert everything(url_of(eveobs)) == before
    cache = Path(eveobs.env["EVEOBS_HOME"]) / "cache"
    assert not list(cache.glob("import-*"))


def test_those_before_a_bad_one_are_kept(eveobs: Eveobs, tmp_path: Path) -> None:
    good = archive_of(tmp_path)
    bad = tmp_path / "bad.tar.bz2"
    bad.write_bytes(b"BZh9")
    result = eveobs("import", "everef", str(good), str(bad), "--json")
    assert result.exit_code == 1
    assert [one["contracts"] for one in json.loads(result.stdout)] == [2]
    assert asked(url_of(eveobs), "SELECT count(*) AS n FROM contracts") == [{"n": 2}]


def test_hostile_words_reach_a_terminal_as_words(eveobs: Eveobs, tmp_path: Path) -> None:
    bad = archive_of(tmp_path, contracts=CONTRACTS.replace("auction", "\x1b[2Jauction"))
    result = eveobs("import", "everef", str(bad))
    assert result.exit_code == 1
    assert "\x1b" not in result.output


def test_dynamic_items_come_with_all_that_hangs_on_them(eveobs: Eveobs, tmp_path: Path) -> None:
    path = archive_of(tmp_path, None, **DYNAMIC)
    (done,) = eveobs.json("import", "everef", str(path))
    assert done["dynamic_items"] == 1
    (row,) = asked(
        url_of(eveobs), "SELECT * FROM dynamic_items JOIN dynamic_item_origins USING (item_id)"
    )
    assert (row["type_id"], row["source_type_id"], row["region_id"]) == (47408, 5975, 10000002)
    values = asked(url_of(eveobs), "SELECT attribute_id, value FROM dynamic_item_attributes")
    assert [one["value"] for one in values] == [512.5, -0.25]
    before = everything(url_of(eveobs))
    assert eveobs.json("import", "everef", str(path))[0]["status"] == "unchanged"
    assert everything(url_of(eveobs)) == before
    out = tmp_path / "out.tar.bz2"
    assert eveobs("export", "contracts", "-o", str(out)).exit_code == 0
    with tarfile.open(out) as tar:
        for name in (one for one in DYNAMIC if one.startswith("contract_dynamic")):
            file = tar.extractfile(f"{name}.csv")
            assert file is not None
            assert file.read().decode() == DYNAMIC[name]


NOT_DYNAMIC = "item_id,type_id,contract_id\r\n1044000000008,47408,1\r\n"


def test_what_is_not_dynamic_is_never_asked_again_and_written_again(
    eveobs: Eveobs, tmp_path: Path
) -> None:
    """EVE Ref writes the items here that ESI answered with 520 (ContractAbyssalFetcher)."""
    items = DYNAMIC["contract_items"] + (
        ",true,1044000000008,,1,1004,,,47408,2026-09-01T11:31:43Z,1\r\n"
    )
    files = {**DYNAMIC, "contract_items": items, "contract_non_dynamic_items": NOT_DYNAMIC}
    path = archive_of(tmp_path, None, **files)
    eveobs.json("import", "everef", str(path))
    answers = asked(
        url_of(eveobs), "SELECT detail, meaning FROM answers WHERE parent = 1044000000008"
    )
    assert sorted((one["detail"], one["meaning"]) for one in answers) == [
        (detail, "not_found") for detail in ("attributes", "effects", "origins")
    ]
    assert eveobs.json("import", "everef", str(path))[0]["status"] == "unchanged"
    out = tmp_path / "out.tar.bz2"
    assert eveobs("export", "contracts", "-o", str(out)).exit_code == 0
    assert file_of(out, "contract_non_dynamic_items.csv") == NOT_DYNAMIC
    assert file_of(out, "contract_items.csv") == items, "http_last_modified is the answer's"
    other = {name: text.replace("000007", "000008") for name, text in DYNAMIC.items()}
    eveobs.json("import", "everef", str(archive_of(tmp_path, None, **other)))
    found = asked(url_of(eveobs), "SELECT meaning FROM answers WHERE parent = 1044000000008")
    assert {one["meaning"] for one in found} == {"given"}, "what is known is better"


def file_of(archive: Path, name: str) -> str:
    with tarfile.open(archive) as tar:
        file = tar.extractfile(name)
        assert file is not None
        return file.read().decode()


def test_a_structure_is_no_station(eveobs: Eveobs, tmp_path: Path) -> None:
    """As EVE Ref has it: `station_id` is below NPC_STATION_MAX_ID (LocationPopulator)."""
    eveobs.json("import", "everef", str(archive_of(tmp_path)))
    out = tmp_path / "out.tar.bz2"
    assert eveobs("export", "contracts", "-o", str(out)).exit_code == 0
    rows = {
        row["contract_id"]: row
        for row in csv.DictReader(file_of(out, "contracts.csv").splitlines())
    }
    assert (rows["1"]["start_location_id"], rows["1"]["station_id"]) == ("60003760", "60003760")
    assert (rows["2"]["start_location_id"], rows["2"]["station_id"]) == ("1035466617946", "")
    assert rows["2"]["price"] == "1500000000.0"


@contextmanager
def served(body: bytes, *, length: int | None = None) -> Iterator[str]:
    """A web server that has one archive, and sends elsewhere from /moved."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/moved":
                self.send_response(302)
                self.send_header("location", "http://example.org/a.tar.bz2")
                self.end_headers()
                return
            self.send_response(200 if self.path == "/a.tar.bz2" else 404)
            self.send_header("content-length", str(length or len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Be silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_an_address_is_downloaded(eveobs: Eveobs, tmp_path: Path) -> None:
    with served(archive_of(tmp_path).read_bytes()) as base:
        (done,) = eveobs.json("import", "everef", f"{base}/a.tar.bz2")
        assert done["archive"] == "a.tar.bz2"
        assert done["contracts"] == 2
        result = eveobs("import", "everef", f"{base}/b.tar.bz2")
        assert result.exit_code == 5
        assert "answered 404" in result.stderr
        assert "data.everef.net" in result.stderr
        result = eveobs("import", "everef", f"{base}/moved")
        assert result.exit_code == 2
        assert "is not https" in result.stderr


def test_half_a_download_is_none(eveobs: Eveobs, tmp_path: Path) -> None:
    body = archive_of(tmp_path).read_bytes()
    with served(body, length=len(body) + 100) as base:
        result = eveobs("import", "everef", f"{base}/a.tar.bz2")
    assert result.exit_code == 5
    assert not list(Path(eveobs.env["EVEOBS_HOME"]).rglob("*.part"))


@pytest.mark.parametrize("address", ["http://data.everef.net/x.tar.bz2", "http://[/x"])
def test_an_address_that_anyone_may_read_is_refused(address: str, eveobs: Eveobs) -> None:
    result = eveobs("import", "everef", address)
    assert result.exit_code in {2, 5}
    assert "hint: " in result.stderr


def test_what_is_not_there_is_usage(eveobs: Eveobs) -> None:
    result = eveobs("import", "everef", "nothing.tar.bz2")
    assert result.exit_code == 2
    assert "there is no file nothing.tar.bz2" in result.stderr


@pytest.mark.parametrize(
    "line", ["contracts", "contracts.items -o x.tar.bz2", "own-contracts -o x.tar.bz2"]
)
def test_only_contracts_make_an_archive_and_only_in_a_file(line: str, filled: Eveobs) -> None:
    result = filled("export", *line.split(), "--format", "everef")
    assert result.exit_code == 2
    assert "hint: " in result.stderr


def test_killed_half_way_nothing_was_done(eveobs: Eveobs, tmp_path: Path) -> None:
    """A disk that is full, or a kill: what is not committed is not there."""
    path = archive_of(tmp_path)
    eveobs("sql", "SELECT 1")
    code = (
        "import os; from eveobs.store import taking_in\n"
        "taking_in._end = lambda *_: os._exit(9)\n"
        "from eveobs.cli.app import app; app()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "import", "everef", str(path)],
        env={**os.environ, **eveobs.env},
        check=False,
    )
    assert done.returncode == 9
    assert asked(url_of(eveobs), "SELECT * FROM contracts") == []
    assert eveobs.json("import", "everef", str(path))[0]["new"] == 2


def test_a_file_is_taken_in_without_the_network(tmp_path: Path) -> None:
    path = archive_of(tmp_path, FILES)
    env = {"EVEOBS_HOME": str(tmp_path / "home"), "EVEOBS_ESI__BASE_URL": "http://127.0.0.1:9"}
    done = process(env, "import", "everef", str(path), "--json")
    assert done.returncode == 0, done.stderr
    (store,) = tmp_path.rglob("eveobs.sqlite3")
    with closing(sqlite3.connect(store)) as database:
        assert database.execute("SELECT count(*) FROM contract_items").fetchone() == (2,)
