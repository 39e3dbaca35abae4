"""An ESI that a test answers for, with or without somebody who signed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import httpx

from eveobs.esi.cache import ResponseCache
from eveobs.esi.client import EsiClient
from eveobs.processors.interface import Processor, Task
from eveobs.records.collected import Collected
from eveobs.records.schema import SubjectKind
from eveobs.settings import Esi
from eveobs.telemetry.progress import Silence
from tests.processors.esi_of_lists import (
    CHARACTER,
    CORPORATION,
    NOW,
    Knows,
    Reading,
    SignedIn,
    error,
)

Says = Callable[[httpx.Request], httpx.Response]


def saying(replies: Mapping[str, httpx.Response]) -> Says:
    """`replies` by path; anything else is not there."""

    def answer(request: httpx.Request) -> httpx.Response:
        found = replies.get(request.url.path) or error(404, "Not found")
        return httpx.Response(found.status_code, headers=found.headers, content=found.content)

    return answer


async def read(
    processor: Processor,
    says: Says,
    *,
    kind: SubjectKind = SubjectKind.CHARACTER,
    access: SignedIn | None = None,
    memory: Knows | None = None,
    details: tuple[str, ...] | None = None,
    patient: bool = True,
) -> Reading:
    """One reading, of all details unless told otherwise. What is asked with a token counts as
    `signed <path>`.
    """
    reading = Reading()

    def answer(request: httpx.Request) -> httpx.Response:
        bearer = request.headers.get("authorization")
        assert bearer is None or (access and bearer == f"Bearer {access.bearer}")
        target = request.url.raw_path.decode()
        reading.asked[f"signed {target}" if bearer else target] += 1
        return says(request)

    settings = Esi(base_url="http://127.0.0.1", max_retries=0)
    transport = httpx.MockTransport(answer)
    client = EsiClient(
        settings, ResponseCache(None), transport=transport, clock=lambda: NOW, patient=patient
    )
    every = tuple(detail.name for detail in processor.schema.details)
    whose = CHARACTER if kind is SubjectKind.CHARACTER else CORPORATION
    async with client:
        task = Task(
            whose, kind, every if details is None else details, memory or Knows(), Silence(), access
        )
        async for part in processor.collect(client, task):
            assert not reading.collected, "the list comes last, once"
            if isinstance(part, Collected):
                reading.collected.append(part)
            else:
                reading.answers[part.detail, part.parent] = part
    return reading


def signed_in(*scopes: str) -> SignedIn:
    """The character itself, that allowed `scopes`; everything where none is named."""
    return SignedIn(scopes=frozenset(scopes)) if scopes else SignedIn()


def builtins(row: Any) -> dict[str, Any]:
    """A row by field name, without what is empty."""
    fields = {name: getattr(row, name) for name in row.__struct_fields__}
    return {name: value for name, value in fields.items() if value is not None}
