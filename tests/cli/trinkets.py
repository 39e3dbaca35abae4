"""A processor of characters and corporations, an ESI that answers for it, and who signed in."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import time
from typing import Any

from eveobs.errors import SignInError
from eveobs.esi.client import EsiClient
from eveobs.esi.routes import BY_PATH
from eveobs.processors.interface import Needs, Task
from eveobs.records.collected import Collected, DetailAnswer
from eveobs.records.schema import Column, Filter, Match, Record, Schema, SubjectKind

CHARACTER, CORPORATION = SubjectKind.CHARACTER, SubjectKind.CORPORATION
ROUTES = {
    kind: BY_PATH["GET", f"/{kind}s/{{{kind}_id}}/blueprints"] for kind in (CHARACTER, CORPORATION)
}
OWN_SCOPE, CORPORATION_SCOPE = (ROUTES[kind].scope for kind in (CHARACTER, CORPORATION))
ROLES_SCOPE = "esi-characters.read_corporation_roles.v1"
SCOPES = frozenset((OWN_SCOPE, CORPORATION_SCOPE, ROLES_SCOPE))
ASTRA, BRAM, CORVIN = 2112000001, 2112000002, 2112000003
HAULERS, MINERS = 98000001, 98000002
JITA, FORGE = 60003760, 10000002


class Trinket(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A blueprint, told with few words."""

    item_id: int
    location_id: int


class Trinkets:
    """The processor `trinkets`."""

    schema = Schema(
        name="trinkets",
        singular="trinket",
        subjects=(CHARACTER, CORPORATION),
        record=Trinket,
        key="item_id",
        tree="location_id",
        places={"location_id": "location_name"},
        names={"owner_id": "owner_name"},
        filters=(
            Filter("character", "owner_id", Match.EQUALS, "Of this one.", names=True),
            Filter("corporation", "owner_id", Match.EQUALS, "Of this one.", names=True),
        ),
        columns=(Column("item_id", "Trinket"), Column("location_name", "Where")),
    )
    routes = tuple(ROUTES.values())

    def needs(self, kind: SubjectKind) -> Needs:
        if kind is CHARACTER:
            return Needs(scopes=(OWN_SCOPE,))
        return Needs(scopes=(CORPORATION_SCOPE,), roles=("Director",))

    async def collect(
        self, client: EsiClient, task: Task
    ) -> AsyncGenerator[DetailAnswer[Record] | Collected[Record], None]:
        kind = task.subject_kind
        of = {f"{kind}_id": task.subject_id}
        listing = await client.pages(ROUTES[kind], of, shape=list[Trinket], access=task.access)
        until = datetime.fromtimestamp(listing.expires, UTC)
        yield Collected(
            listing.rows,
            listing.pages,
            whole=listing.whole,
            missing=listing.why,
            moment=datetime.fromtimestamp(listing.last_modified or 0, UTC),
            expires=until,
            fresh_until=until,
        )


PROCESSOR = Trinkets()


def install(folder: Path) -> None:
    """Leave `trinkets` in `folder` as pip leaves a package that has it."""
    info = folder / "trinkets-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: trinkets\nVersion: 1.0\n")
    entry = "[eveobs.processors]\ntrinkets = tests.cli.trinkets:PROCESSOR\n"
    (info / "entry_points.txt").write_text(entry)


@dataclass(frozen=True)
class SignedIn:
    """A character that signed in; `dead`: its token is no good any more."""

    character_id: int
    name: str
    scopes: frozenset[str] = SCOPES
    dead: bool = False
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(8), repr=False)

    async def token(self, origin: str, *, refused: str = "") -> str:
        if self.dead:
            raise SignInError(
                f"the sign-in of {self.name} is over", hint="`eveobs auth login` renews it."
            )
        return self.secret


@dataclass
class SignIns:
    """What `Run.sign_ins` hands out."""

    everybody: list[SignedIn]

    def accesses(self) -> list[SignedIn]:
        return self.everybody


@dataclass
class Told:
    """An ESI that says `answers` (by path), and what was asked of it with which token."""

    answers: dict[str, Any]
    url: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list)

    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]


def sheet(corporation_id: int) -> dict[str, object]:
    return {"corporation_id": corporation_id, "name": "?", "birthday": "2020-01-01T00:00:00Z"}


def people() -> dict[str, Any]:
    """Astra, a director, and Bram in the Salt Haulers; Corvin, who is nothing, in the Miners."""
    return {
        f"/characters/{ASTRA}": sheet(HAULERS),
        f"/characters/{BRAM}": sheet(HAULERS),
        f"/characters/{CORVIN}": sheet(MINERS),
        f"/characters/{ASTRA}/roles": {"roles": ["Director"]},
        f"/characters/{BRAM}/roles": {"roles": ["Accountant"]},
        f"/characters/{CORVIN}/roles": {},
        f"/characters/{ASTRA}/blueprints": [
            {"item_id": 11, "location_id": JITA},
            {"item_id": 12, "location_id": 11},
        ],
        f"/characters/{BRAM}/blueprints": [{"item_id": 21, "location_id": 22}],
        f"/characters/{CORVIN}/blueprints": [],
        f"/corporations/{HAULERS}/blueprints": [{"item_id": 31, "location_id": JITA}],
        "/universe/names": {
            ASTRA: ("character", "Astra Vane"),
            BRAM: ("character", "Bram Oster"),
            CORVIN: ("character", "Corvin Hale"),
            HAULERS: ("corporation", "Salt Haulers"),
            MINERS: ("corporation", "Miners of Dusk"),
            JITA: ("station", "Jita IV"),
            FORGE: ("region", "The Forge"),
        },
        "/universe/ids": {},
        "/universe/regions": [FORGE],
        f"/contracts/public/{FORGE}": [],
    }


@contextmanager
def esi(answers: Mapping[str, Any]) -> Iterator[Told]:
    """The server, until the block is left."""
    told = Told(dict(answers))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._say(told.answers.get(self.path.partition("?")[0]))

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            known = told.answers[self.path]
            if self.path == "/universe/ids":
                self._say(known)
                return
            found = [
                {"id": one, "category": known[one][0], "name": known[one][1]}
                for one in asked
                if one in known
            ]
            self._say(found if len(found) == len(asked) else None)

        def _say(self, value: object) -> None:
            told.asked.append((self.path, self.headers.get("Authorization", "")))
            status, value = (
                (404, {"error": "Ensure all IDs are valid"}) if value is None else (200, value)
            )
            body = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            if self.command == "GET" and status < 400:
                self.send_header("ETag", f'"{hash(body)}"')
                self.send_header("Last-Modified", "Wed, 23 Sep 2026 08:00:00 GMT")
                self.send_header("X-Pages", "1")
                self.send_header("Expires", formatdate(time() + 290, usegmt=True))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        told.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield told
        finally:
            server.shutdown()
            thread.join()
