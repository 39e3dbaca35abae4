"""What ESI really answered about a character passes through the processors unchanged."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
import pytest

from eveobs.esi.cache import ResponseCache
from eveobs.esi.client import EsiClient
from eveobs.processors.assets import PROCESSOR as ASSETS
from eveobs.processors.blueprints import PROCESSOR as BLUEPRINTS
from eveobs.processors.characters import PROCESSOR as CHARACTERS
from eveobs.processors.interface import Processor, Task
from eveobs.records.collected import Collected, DetailAnswer
from eveobs.records.schema import Record, SubjectKind
from eveobs.settings import Esi
from eveobs.telemetry.progress import Silence
from tests.esi.fakes import Time
from tests.esi.raw_server import Raw, Talk, answer, served
from tests.processors.esi_of_lists import Knows, SignedIn
from tests.recorded.test_exchanges import EXCHANGES, Exchange, needs_them

pytestmark = pytest.mark.integration

CHARACTER = 1337512245
BASE = f"/characters/{CHARACTER}"
SKILLS = "esi-skills.read_skills.v1"
NAMED = 1001215602246
"""The container whose name was recorded; it lies on the page of assets that was not."""


class KnowsNothing(Knows):
    """A memory before the first reading."""

    def newest_whole(self, subject_id: int) -> int | None:
        return None

    def dynamic_items(self, region_id: int) -> None:
        return None


def recorded(end: str, *, pages: int | None = None) -> Exchange:
    """The exchange whose path and query end so; said to be one of `pages`."""
    (found,) = (one for one in EXCHANGES if one.target.rstrip("/").endswith(f"{CHARACTER}{end}"))
    if pages is None:
        return found
    headers = {name: value for name, value in found.headers.items() if name.lower() != "x-pages"}
    return replace(found, headers={**headers, "X-Pages": str(pages)})


@dataclass
class Says:
    """An ESI with these replies by path; it notes which were given and what was posted."""

    replies: dict[str, Exchange]
    given: Counter[str] = field(default_factory=Counter)
    posted: list[Any] = field(default_factory=list)

    def talk(self, raw: Raw) -> Talk:
        async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while True:
                head = (await raw.heard(reader)).decode()
                path = head.split(" ", 2)[1].partition("?")[0]
                lines = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if line)
                body = await reader.readexactly(int(lines.get("content-length", 0)))
                if body:
                    self.posted.append(json.loads(body))
                self.given[path] += 1
                reply = self.replies.get(path)
                writer.write(reply.said() if reply else answer(b"{}", status="400 Bad Request"))

        return speak


Parts = Sequence[DetailAnswer[Record] | Collected[Record]]


@asynccontextmanager
async def reading(
    says: Says, processor: Processor, details: tuple[str, ...], *scopes: str
) -> AsyncIterator[Parts]:
    time = Time()
    allowed = frozenset(scopes or (route.scope for route in processor.routes))
    access = SignedIn(character_id=CHARACTER, scopes=allowed)
    task = Task(CHARACTER, SubjectKind.CHARACTER, details, KnowsNothing(), Silence(), access)
    async with served(says.talk) as raw:
        settings = Esi(base_url=raw.url)
        async with EsiClient(settings, ResponseCache(None), clock=time, sleep=time.sleep) as client:
            yield [part async for part in processor.collect(client, task)]


def as_sent(rows: Sequence[Record], *made: str) -> list[dict[str, Any]]:
    """`rows` as JSON, without what eveobs made."""
    sent: list[dict[str, Any]] = json.loads(msgspec.json.encode(rows))
    return [{name: value for name, value in row.items() if name not in made} for row in sent]


def by(key: str) -> Callable[[dict[str, Any]], Any]:
    return lambda row: row[key]


@needs_them
async def test_blueprints() -> None:
    exchange = recorded("/blueprints?page=1")
    says = Says({f"{BASE}/blueprints": exchange})
    async with reading(says, BLUEPRINTS, ()) as (end,):
        assert isinstance(end, Collected)
        assert end.whole
        assert len(end.rows) == 57
        assert as_sent(end.rows, "is_copy") == exchange.body
        copies = [row["quantity"] == -2 for row in exchange.body]
        assert [getattr(row, "is_copy") for row in end.rows] == copies  # noqa: B009


@needs_them
async def test_assets_and_a_name() -> None:
    exchange = recorded("/assets?page=2", pages=1)
    container = {**exchange.body[0], "item_id": NAMED, "is_singleton": True}
    exchange = replace(exchange, body=[*exchange.body, container])
    names = recorded("/assets/names")
    says = Says({f"{BASE}/assets": exchange, f"{BASE}/assets/names": names})
    async with reading(says, ASSETS, ()) as (end,):
        assert isinstance(end, Collected)
        assert (end.whole, end.missing) == (True, "")
        assert as_sent(end.rows, "item_name") == exchange.body
        named = {
            row["item_id"]: row["item_name"] for row in as_sent(end.rows) if "item_name" in row
        }
        assert named == {NAMED: "HOLE"}
        assert any(NAMED in batch for batch in says.posted)


@needs_them
async def test_a_character_with_skills_and_portrait() -> None:
    sheet, portrait, skills = recorded(""), recorded("/portrait"), recorded("/skills")
    says = Says({BASE: sheet, f"{BASE}/portrait": portrait, f"{BASE}/skills": skills})
    async with reading(says, CHARACTERS, ("skills",), SKILLS) as (answered, end):
        assert isinstance(end, Collected)
        assert isinstance(answered, DetailAnswer)
        assert (end.whole, end.missing) == (True, "")
        (row,) = as_sent(end.rows)
        assert {name: row.get(name) for name in sheet.body} == sheet.body
        assert (row["portrait"], row["character_id"]) == (portrait.body["px256x256"], CHARACTER)
        assert row["total_sp"] == skills.body["total_sp"]
        given = sorted(as_sent(answered.rows), key=by("skill_id"))
        assert given == sorted(skills.body["skills"], key=by("skill_id"))
        assert says.given == {BASE: 1, f"{BASE}/portrait": 1, f"{BASE}/skills": 1}
