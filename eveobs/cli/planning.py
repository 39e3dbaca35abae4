"""Running `eveobs fetch … --plan`: what a run would ask, and what it would cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from eveobs.cli.output import Format
from eveobs.cli.windows import Windows
from eveobs.records.schema import Column, Kind

if TYPE_CHECKING:
    from eveobs.cli.context import Run
    from eveobs.cli.office import LateStore, Office
    from eveobs.cli.wishes import Wish
    from eveobs.esi.access import Access
    from eveobs.esi.planning import Plan
    from eveobs.observation.order import Due

SECONDS_A_REQUEST = 0.1
"""What an answer of ESI takes, roughly; as many are asked at once as esi.concurrency says."""

COLUMNS = (
    Column("subject", "Subject"),
    Column("route", "Route", flexible=True),
    Column("requests", "Requests", Kind.NUMBER),
    Column("conditional", "Conditional", Kind.NUMBER, rank=3),
    Column("tokens", "Tokens", Kind.NUMBER, rank=2),
    Column("seconds", "Seconds", Kind.NUMBER, rank=4),
    Column("at_least", "At least", Kind.FLAG, rank=2),
)
OF_SEVERAL = (Column("processor", "Processor"), *COLUMNS)


def plan_and_tell(
    wishes: Sequence[Wish], run: Run, shape: Format, fields: list[str] | None, *, several: bool
) -> None:
    """Print what the run would ask. `at_least`: the answers may lead to more."""
    import asyncio

    rows = asyncio.run(_rows(wishes, run))
    columns = OF_SEVERAL if several else COLUMNS
    run.write(rows, columns, format=shape, fields=fields)
    total = sum(int(str(row["requests"])) for row in rows)
    more = ", or more" if any(row["at_least"] for row in rows) else ""
    noun = "request" if total == 1 else "requests"
    run.remark(f"{total:,} {noun}{more}; nothing was sent")


async def _rows(wishes: Sequence[Wish], run: Run) -> list[dict[str, object]]:
    from eveobs.cli.fetching import signed_in, tell_lacks
    from eveobs.cli.office import LateStore
    from eveobs.observation.order import spread

    accesses = signed_in(wishes, run)
    with LateStore(run) as store:
        look_ups, office, dues = await _dues(wishes, run, store, accesses)
        _tell_unknown(office, run)
        for error in tell_lacks(office, run, left=bool(dues or look_ups)):
            run.remark(f"left out: {error.message}")
        rows = look_ups
        windows = Windows()
        for due in spread(dues):
            rows += await _planned(due, run, store, windows)
    _tell_windows(windows, run)
    return rows


def _tell_windows(windows: Windows, run: Run) -> None:
    """Which rate limits it does not fit into, and how long it takes for that."""
    from eveobs.esi.shared_limits import SharedLimits

    loaded = run.loaded()
    shared = SharedLimits(loaded.places.state, loaded.settings.esi.base_url)
    for sentence in windows.told(shared.look(), run.now().timestamp()):
        run.remark(sentence)
    shared.close()


class Estimate(NamedTuple):
    """What a run will ask: in `words`, the `seconds` it takes at least, and a sentence for each
    rate limit that it does not fit into. `open`: answers may lead to more.
    """

    words: str
    seconds: float
    open: bool
    sentences: list[str]


async def estimate(dues: Sequence[Due], run: Run, store: LateStore) -> Estimate:
    """What observing `dues` will cost, without asking anything."""
    from eveobs.esi.shared_limits import SharedLimits

    windows, rows = Windows(), []
    for due in dues:
        rows += await _planned(due, run, store, windows)
    loaded, now = run.loaded(), run.now().timestamp()
    shared = SharedLimits(loaded.places.state, loaded.settings.esi.base_url)
    ledger = shared.look()
    shared.close()
    requests = sum(int(str(row["requests"])) for row in rows)
    asking = requests * SECONDS_A_REQUEST / loaded.settings.esi.concurrency
    seconds = max(asking, windows.seconds(ledger, now))
    leads_to_more = any(row["at_least"] and row["requests"] for row in rows)
    words = described(requests, seconds, leads_to_more=leads_to_more)
    return Estimate(words, seconds, leads_to_more, windows.told(ledger, now))


def described(requests: int, seconds: float, *, leads_to_more: bool) -> str:
    """An estimate in words, without a time where the run may take any: waits that cannot be known
    before (the game's spam guard) are not in `seconds`.
    """
    noun = "request" if requests == 1 else "requests"
    more = " or more" if leads_to_more else ""
    time = f", {_span(seconds)} at least" if round(seconds) >= 1 else ""
    return f"about {requests:,} {noun}{more}{time}"


def _span(seconds: float) -> str:
    return f"{seconds / 60:,.0f} minutes" if seconds >= 90 else f"{seconds:.0f} seconds"


async def _dues(
    wishes: Sequence[Wish], run: Run, store: LateStore, accesses: Sequence[Access]
) -> tuple[list[dict[str, object]], Office, list[Due]]:
    """What finding out who may read what would ask, and the units that are known all the same."""
    from eveobs.cli.office import Office
    from eveobs.esi.planning import NotAskedError, Plan
    from eveobs.telemetry.progress import Silence

    plan, rows = Plan(), []
    dues: list[Due] = []
    async with run.planning_client(plan) as client:
        office = Office(run, client, store, Silence(), accesses)
        for wish in wishes:
            whose = [one.name for one in accesses] if wish.processor.schema.owned else []
            try:
                dues += await office.dues([wish])
            except NotAskedError:
                whose = [word for some in wish.words.values() for word in some or ("all",)]
                for _ in whose:
                    plan.add(wish.processor.routes[0], conditional=False)
            rows += _told(wish.name, ", ".join(whose), plan, run, at_least=True)
            plan.routes = {}
    return rows, office, dues


def _tell_unknown(office: Office, run: Run) -> None:
    for what, some in (
        ("corporation", office.search.unknown),
        ("roles", office.permissions.unknown),
    ):
        if some:
            who = ", ".join(one.name for one in some)
            run.remark(f"not known yet without asking: the {what} of {who}")


async def _planned(
    due: Due, run: Run, store: LateStore, windows: Windows
) -> list[dict[str, object]]:
    from eveobs.esi.planning import Plan
    from eveobs.observation.plan import forecast
    from eveobs.observation.warm import nothing_to_do

    unit, url, plan = due.unit, run.loaded().store_url(), Plan()
    at_least = False
    if not (due.report or nothing_to_do(unit, due.processor.schema, url, run.now())):
        async with run.planning_client(plan) as client:
            told = await forecast(
                unit,
                due.processor,
                plan,
                client=client,
                store=store(),
                now=run.now(),
                access=due.access,
            )
        at_least = told.at_least
        windows.add(plan, due.access)
    rows = _told(unit.processor, unit.subject_name, plan, run, at_least=at_least)
    return rows or [_nothing(unit.processor, unit.subject_name)]


def _nothing(processor: str, subject: str) -> dict[str, object]:
    nothing = dict.fromkeys(("requests", "conditional", "tokens", "seconds"), 0)
    return {"processor": processor, "subject": subject, "route": "", **nothing, "at_least": False}


def _told(
    processor: str, subject: str, plan: Plan, run: Run, *, at_least: bool
) -> list[dict[str, object]]:
    concurrency = run.loaded().settings.esi.concurrency
    return [
        {
            "processor": processor,
            "subject": subject,
            "route": route,
            "requests": asked.requests,
            "conditional": asked.conditional,
            "tokens": asked.tokens,
            "seconds": round(asked.requests * SECONDS_A_REQUEST / concurrency, 1),
            "at_least": at_least,
        }
        for route, asked in plan.routes.items()
    ]
