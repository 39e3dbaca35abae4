"""Running `eveobs publish`: from options to a plan, from the plan to the screen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eveobs.cli.choosing import check_wanted, chosen, market_choice, share
from eveobs.cli.options import chosen_format
from eveobs.cli.outbidding import open_market
from eveobs.cli.output import Format
from eveobs.errors import ConfigError, EveobsError, PartialError, UsageError
from eveobs.publish.competing import Competing
from eveobs.publish.kinds import SUMMARY, Kind, find_kinds
from eveobs.publish.market import MarketPages
from eveobs.publish.plan import Action, Change, Plan
from eveobs.publish.planning import Planner, Pruning
from eveobs.publish.publishing import Publishing, Report
from eveobs.publish.rendering import Renderer
from eveobs.publish.source import Source, Sources, Wanted
from eveobs.records.contracts import CONTRACTS
from eveobs.records.schema import Column
from eveobs.records.schema import Kind as ValueKind

if TYPE_CHECKING:
    from eveobs.cli.context import Run
    from eveobs.publish.target import Result, Target
    from eveobs.store.store import Store
    from eveobs.telemetry.progress import Progress

CHANGES: tuple[Column, ...] = (
    Column("action", "Action"),
    Column("kind", "Kind"),
    Column("id", "Id", ValueKind.ID, rank=2),
    Column("title", "Title", flexible=True),
    Column("fields", "Fields", rank=3, flexible=True),
)
DIFFERENCES: tuple[Column, ...] = (
    Column("kind", "Kind"),
    Column("id", "Id", ValueKind.ID, rank=2),
    Column("title", "Title", flexible=True),
    Column("problem", "Problem"),
    Column("fields", "Fields", flexible=True),
    Column("edited", "Edited by hand", rank=2),
    Column("repaired", "Repaired", rank=2),
)
RESULTS: tuple[Column, ...] = (
    Column("kind", "Kind"),
    Column("create", "Create", ValueKind.NUMBER),
    Column("update", "Update", ValueKind.NUMBER),
    Column("unchanged", "Unchanged", ValueKind.NUMBER, rank=2),
    Column("remove", "Remove", ValueKind.NUMBER),
    Column("failed", "Failed", ValueKind.NUMBER),
)


@dataclass(frozen=True, slots=True)
class Request:
    """What the command line asks for, as it was typed."""

    kinds: Sequence[str] = ()
    where: Sequence[str] = ()
    records: Sequence[str] = ()
    dry_run: bool = False
    prune: bool = False
    max_prune: str | None = None
    limit: int = 0
    target: str | None = None
    folder: str | None = None
    images: str | None = None
    output: Mapping[str, Any] = field(default_factory=dict)
    yes: bool = True

    @property
    def whole(self) -> bool:
        """Whether all records of the chosen kinds are meant, so that they can be summed up."""
        return not self.where and not self.limit


def publish_and_tell(run: Run, request: Request) -> None:
    """Make the plan and print it, or carry it out and print what became of it."""
    shape = chosen_format(request.output)

    def tell(plan: Plan, report: Report, target: Target) -> None:
        _write(run, request, shape, plan, report)
        _remark(run, plan, report, target, request)

    publish(run, request, run.progress(), tell)


def publish(
    run: Run,
    request: Request,
    progress: AbstractContextManager[Progress],
    tell: Callable[[Plan, Report, Target], None],
    *,
    nothing: bool = True,
) -> None:
    """Make the plan and carry it out, unless only the plan is asked for; then `tell`.

    Where nothing of what is asked for is stored, that is said; or, without `nothing`, nothing done.
    """
    settings = run.loaded().settings
    kinds, own = find_own_kinds(run)
    wanted = chosen(kinds, request, settings.publish, run.now())
    summing = market_choice(kinds, request, settings.publish)
    allowed = share(request.max_prune, settings.publish.max_prune)
    with run.store() as store, ExitStack() as stack:
        check_wanted(wanted, store)
        competing = Competing(store, open_market(run, store).ours)
        market = MarketPages(competing, summing) if summing else None
        source = _sources(store, wanted, competing, market)
        if not any(source.keys().values()):
            if not nothing:
                return
            _say_nothing(run, wanted, store)
        target = stack.enter_context(closing(_target(run, request, kinds)))
        renderer = Renderer(kinds, target.links, settings.images.base_url, own)
        with progress as bars:
            there = target.published([*kinds])
            if market is not None:
                market.know(there)
            pruning = Pruning(request.prune, allowed)
            planner = Planner(source, renderer, kinds, there, bars, pruning, request.whole)
            plan = stack.enter_context(planner.plan())
            record = _recorder(run, target)
            removed = 0 if request.dry_run or request.yes else _removed(plan)
            report = Report()
            if not removed and not request.dry_run:
                report = Publishing(target, bars, record=record).carry_out(plan)
        if removed:  # asked outside of the bars, which would draw over the question
            run.confirm(f"Remove {removed:,} pages from {target.name}?", yes=request.yes)
            with run.progress() as bars:
                report = Publishing(target, bars, record=record).carry_out(plan)
        if run.measures is not None:
            run.measures.published(report)
        if market is not None and market.wanted > market.choice.most > 0:
            run.remark(
                f"{market.wanted:,} types are offered enough for a page; {market.choice.most:,} "
                "have one, those offered most (publish.max_types)"
            )
        tell(plan, report, target)


def _removed(plan: Plan) -> int:
    """How many pages the plan removes."""
    return sum(one[Action.REMOVE] for one in plan.counts().values())


def verify_and_print(run: Run, request: Request, *, repair: bool) -> None:
    """Compare the site with what is stored, and print what differs. Raises PartialError for what
    differs in the end.
    """
    from eveobs.publish.targets.wordpress.companion import Companion
    from eveobs.publish.verification import as_unknown, verify

    shape = chosen_format(request.output)
    settings = run.loaded().settings
    kinds, own = find_own_kinds(run)
    wanted = chosen(kinds, request, settings.publish, run.now())
    summing = market_choice(kinds, request, settings.publish)
    with run.store() as store, ExitStack() as stack:
        check_wanted(wanted, store)
        competing = Competing(store, open_market(run, store).ours)
        market = MarketPages(competing, summing) if summing else None
        source = _sources(store, wanted, competing, market)
        target = stack.enter_context(closing(_target(run, request, kinds)))
        if not isinstance(target, Companion):
            raise ConfigError(
                f"{target.name} cannot be verified: the plugin is missing",
                hint="`eveobs publish plugin > eveobs.php`, then add it to the site.",
            )
        renderer = Renderer(kinds, target.links, settings.images.base_url, own)
        with run.progress() as bars:
            there = as_unknown(target.published([*kinds]))
            if market is not None:
                market.know(there)
            planner = Planner(source, renderer, kinds, there, bars, Pruning(), request.whole)
            plan = stack.enter_context(planner.plan())
            found = verify(target, target, plan, bars, repair=repair)
    rows = [
        {
            "kind": one.difference.key.kind,
            "id": one.difference.key.external_id,
            "title": one.title,
            "problem": one.difference.problem,
            "fields": ", ".join(one.difference.fields),
            "edited": ", ".join(one.difference.edited),
            "repaired": one.repaired,
        }
        for one in found.problems
    ]
    run.write(rows, DIFFERENCES, format=shape)
    repaired = sum(one.repaired for one in found.problems)
    run.remark(
        f"{found.checked:,} documents verified: {len(found.problems):,} differ, "
        f"{repaired:,} repaired"
    )
    broken = [
        one
        for one in found.problems
        if one.difference.problem == "missing" or one.difference.fields
    ]
    left = [one for one in broken if not one.repaired or "twice" in one.difference.fields]
    for change, result in found.report.failed:
        run.remark(f"error: {change.key}: {(result.error or EveobsError('refused')).message}")
    if left:
        raise PartialError(
            f"{len(left):,} documents differ from what is stored",
            hint="" if repair else "`eveobs publish verify --repair` writes them again.",
        )


def _sources(
    store: Store, wanted: Sequence[Wanted], competing: Competing, market: MarketPages | None
) -> Sources:
    """Where facts come from; how contracts compete is found out where some are published."""
    contracts = any(schema.key == CONTRACTS.key for one in wanted for schema in one.schemas)
    records = Source(store, wanted, competing.facts if contracts else {})
    return Sources([records] if market is None else [records, market])


def _recorder(run: Run, target: Target) -> Callable[[Sequence[tuple[Change, Result]]], None]:
    """Notes every change in the audit."""
    from eveobs.telemetry.audit import Entry

    audit = run.audit()

    def record(some: Sequence[tuple[Change, Result]]) -> None:
        audit.note_all(
            Entry(
                f"publish.{change.action}",
                str(change.key),
                result.outcome.value,
                facts={"target": target.name, "post": result.post_id},
            )
            for change, result in some
        )

    return record


def find_own_kinds(run: Run) -> tuple[dict[str, Kind], Path | None]:
    """The kinds of document, with those of the user's own templates, and the folder of these."""
    templates = run.loaded().settings.publish.templates
    own = Path(templates) if templates else None
    if own is not None and not own.is_dir():
        raise ConfigError(f"publish.templates: there is no folder {own}")
    return find_kinds(own), own


def _write(run: Run, request: Request, shape: Format, plan: Plan, report: Report) -> None:
    columns = CHANGES if request.dry_run else RESULTS
    run.write(
        list(_lines(plan) if request.dry_run else _outcomes(plan, report)), columns, format=shape
    )


def _target(run: Run, request: Request, kinds: Mapping[str, Kind]) -> Target:
    settings = run.loaded().settings
    name = request.target or settings.publish.target
    if name == "wordpress":
        from eveobs.cli.wordpress import open_wordpress

        if request.folder:
            raise UsageError("--folder is of the target site")
        return open_wordpress(run, kinds, upload=_upload(request, settings.wordpress.pictures))
    if name != "site":
        raise UsageError(f"there is no target {name!r}", hint="There are: site, wordpress.")
    if request.images:
        raise UsageError("--images is of the target wordpress")
    return _site(run, request, kinds)


def _site(run: Run, request: Request, kinds: Mapping[str, Kind]) -> Target:
    from eveobs.publish.targets.static import StaticSite

    loaded = run.loaded()
    folder = request.folder or loaded.settings.site.folder
    place = run.cwd / Path(folder).expanduser() if folder else loaded.places.data / "site"
    plurals = {kind.kind: kind.plural for kind in kinds.values() if kind.kind != SUMMARY}
    site = StaticSite(place, plurals=plurals, title=loaded.settings.site.title)
    try:
        site.open()
    except BaseException:
        site.close()
        raise
    return site


def _upload(request: Request, setting: str) -> bool:
    wanted = request.images or setting
    if wanted not in ("link", "upload"):
        raise UsageError(f"--images is link or upload, not {wanted!r}")
    return wanted == "upload"


def _say_nothing(run: Run, wanted: Sequence[Wanted], store: Store) -> None:
    from eveobs.store.query import Query

    public = [one for one in wanted if one.kind.kind == "contract"]
    hint = "`eveobs fetch all` gets what there is, and `eveobs auth login` signs in for your own"
    if public:
        from eveobs.records.contracts import CONTRACTS

        number = store.count(CONTRACTS, Query())
        if number:
            hint = f"{number:,} public contracts are stored: `eveobs publish --from contracts`"
    run.remark(f"nothing of what is to be published is stored; {hint}")


def _lines(plan: Plan) -> Iterator[dict[str, Any]]:
    for change in plan.changes:
        yield {
            "action": change.action.value,
            "kind": change.key.kind,
            "id": change.key.external_id,
            "title": change.title,
            "fields": ", ".join(change.fields),
        }


def _outcomes(plan: Plan, report: Report) -> Iterator[dict[str, Any]]:
    for kind, planned in plan.counts().items():
        done: Counter[Action] = report.done.get(kind, Counter())
        yield {
            "kind": kind,
            **{action.value: done.get(action, 0) for action in Action},
            "unchanged": planned[Action.UNCHANGED],
            "failed": sum(change.key.kind == kind for change, _ in report.failed),
        }


def _remark(run: Run, plan: Plan, report: Report, target: Target, request: Request) -> None:
    """What the table does not say. Raises PartialError for what is missing in the end."""
    counts = plan.counts().values()
    if request.dry_run:
        told = ", ".join(f"{sum(one[action] for one in counts):,} {action}" for action in Action)
        run.remark(f"the plan for {target.name}: {told}; nothing was written")
    elif plan.changes or plan.unchanged:
        run.remark(f"published to {target.name}")
    for kind, number in plan.left.items():
        if number and request.whole:
            run.remark(f"{number:,} {kind} pages are left as they are: not chosen, and not gone")
    for kind, number in plan.untouched.items():
        run.remark(f"{number:,} {kind} pages lie in the trash, where somebody put them")
    _complain(run, plan, report)


def _complain(run: Run, plan: Plan, report: Report) -> None:
    """What went wrong with single pages, and what was not allowed to go. Raises PartialError."""
    for change, result in report.failed:
        error = result.error or EveobsError("refused")
        run.remark(f"error: {change.key}: {error.message}")
    problems = [
        f"{gone:,} {kind} pages of what is gone are kept: --max-prune allows {allowed:,}"
        for kind, (gone, allowed) in plan.too_many.items()
    ]
    if problems:
        raise PartialError(
            "; ".join(problems), hint="Look at them (--dry-run), then give a higher --max-prune."
        )
    if report.failed:
        raise PartialError(f"{len(report.failed):,} pages were refused")
