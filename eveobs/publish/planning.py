"""Making a plan: every wanted record is held against what the site is known to hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eveobs.publish.document import Key
from eveobs.publish.kinds import MARKET, SUMMARY, TYPE, Kind
from eveobs.publish.plan import Plan
from eveobs.publish.summing import Totals
from eveobs.publish.target import Published, State

if TYPE_CHECKING:
    from eveobs.publish.rendering import Renderer
    from eveobs.publish.source import Facts, Records
    from eveobs.telemetry.progress import Progress


@dataclass(frozen=True, slots=True)
class Pruning:
    """Whether the pages of what is gone are removed, and which share of a kind at most."""

    wanted: bool = False
    share: float = 0.1


@dataclass(slots=True)
class Planner:
    """Makes the plan for one site. `summaries`: sum up each kind on a page of its own, which only
    a publishing of the whole kind can.
    """

    source: Records
    renderer: Renderer
    kinds: Mapping[str, Kind]
    published: Mapping[Key, Published]
    progress: Progress
    pruning: Pruning = Pruning()
    summaries: bool = True

    def plan(self) -> Plan:
        """What differs. The caller closes it."""
        plan = Plan()
        try:
            self._fill(plan)
        except BaseException:
            plan.__exit__(None, None, None)
            raise
        return plan

    def _fill(self, plan: Plan) -> None:
        wanted = self.source.keys()
        self.progress.expect("documents", sum(map(len, wanted.values())))
        totals: dict[str, Totals] = {}
        for kind, external_id, facts in self.source.records(self._linked()):
            self._compare(plan, kind, external_id, facts)
            if kind.kind not in (MARKET, TYPE):  # they sum up what is not published, too
                self._sum(totals.setdefault(kind.kind, Totals(kind)), external_id, facts)
            self.progress.advance("documents")
        if self.summaries and SUMMARY in self.kinds:
            for total in totals.values():
                self._compare(plan, self.kinds[SUMMARY], total.kind.kind, total.facts())
        for kind_name, ids in wanted.items():
            self._let_go(plan, kind_name, ids)

    def _sum(self, totals: Totals, external_id: str, facts: Facts) -> None:
        kind, renderer = totals.kind, self.renderer
        title, date = renderer.title(kind, external_id, facts), renderer.date(kind, facts)
        totals.add(
            external_id, title, date, renderer.terms(kind, facts), renderer.meta(kind, facts)
        )

    def _linked(self) -> set[Key]:
        return {key for key, one in self.published.items() if one.state is State.SHOWN}

    def _compare(self, plan: Plan, kind: Kind, external_id: str, facts: Facts) -> None:
        known = self.published.get(Key(kind.kind, external_id))
        if known is not None and known.state is State.TRASHED and not known.digests:
            plan.untouched[kind.kind] += 1
        elif (
            known is not None
            and known.state is State.SHOWN
            and known.hash == self.renderer.hash(kind, facts)
        ):
            plan.unchanged[kind.kind] += 1
        else:
            plan.add(self.renderer.document(kind, external_id, facts), known)

    def _let_go(self, plan: Plan, kind: str, wanted: set[str]) -> None:
        """Pages that are not wanted any more: of what is gone they say so, or are removed."""
        shown = {key for key in self._linked() if key.kind == kind}
        rest = sorted(key.external_id for key in shown if key.external_id not in wanted)
        gone = {external_id: facts for _, external_id, facts in self.source.gone(kind, rest)}
        plan.left[kind] += len(rest) - len(gone)
        if not self.pruning.wanted:
            for external_id, facts in gone.items():
                self._compare(plan, self.kinds[kind], external_id, facts)
            return
        allowed = int(self.pruning.share * len(shown) + 1e-9)
        if len(gone) > allowed:
            plan.too_many[kind] = (len(gone), allowed)
            return
        for external_id, facts in gone.items():
            key = Key(kind, external_id)
            title = self.renderer.title(self.kinds[kind], external_id, facts)
            plan.remove(key, title, self.published[key])
