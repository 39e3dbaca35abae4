"""Whether the pages of a list are one snapshot: a state machine without I/O.

ESI serves every page from its own cache, so pages of one list can come from different moments and
expire at different times (esi-issues#1149): rows move between pages, appear twice, or vanish. All
pages of one snapshot carry the same `Last-Modified`; only such a reading is whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from eveobs.errors import ShapeError
from eveobs.esi.bounds import MAX_PAGES, whole_number

ROUNDS = 5
"""How often drifted pages are read again."""
PATIENCE = 60.0
"""Seconds to wait at most for a page of an older moment to expire."""
MARGIN = 10.0
"""A reading does not start within these seconds of page 1's expiry: it is waited out."""
FULL_PAGE = 1000
"""Rows of a page of ESI's that is full; some routes have more."""
SLACK = 0.5
"""Seconds past an expiry before asking, for what clocks and rounding to whole seconds do."""


def page_count(path: str, headers: Mapping[str, str]) -> int:
    """How many pages X-Pages tells of; 1 where it tells nothing, or no number. Raises ShapeError
    for more than any list has.
    """
    pages = max(whole_number(headers.get("x-pages")) or 1, 1)
    if pages > MAX_PAGES:
        raise ShapeError(f"{path} claims to have more than {MAX_PAGES:,} pages", status=200)
    return pages


@dataclass(frozen=True, slots=True)
class PageSeen:
    """One page as it was answered. Times in seconds since the epoch, this machine's clock;
    `last_modified` by ESI's. Not `dated`: the body is of that moment, and was still the same at a
    later one that ESI did not tell. `rows` is how many there were on it. `confirmed`: what was kept
    was answered with 304.
    """

    number: int
    pages: int
    last_modified: float | None
    expires: float
    dated: bool = True
    rows: int = 0
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Ask:
    """Read these pages, `after` seconds from now, for `reason` where that is not at once.

    `afresh`: with their body, also where what is kept has not expired.
    """

    numbers: tuple[int, ...]
    after: float = 0.0
    reason: str = ""
    afresh: bool = False


@dataclass(frozen=True, slots=True)
class Whole:
    """Every page was read, all of one moment."""


@dataclass(frozen=True, slots=True)
class Partial:
    """Something is missing, and why."""

    why: str


@dataclass(slots=True)
class Reading:
    """The pages of one list as they come in. Ask `next`, do it, tell `saw` or `failed`, repeat."""

    seen: dict[int, PageSeen] = field(default_factory=dict)
    problems: dict[int, str] = field(default_factory=dict)
    rounds: int = 0
    vanished: bool = False
    waited: bool = False
    probed: int = 0
    asked_afresh: bool = False

    def saw(self, page: PageSeen) -> None:
        """A page was answered."""
        self.seen[page.number] = page
        self.problems.pop(page.number, None)

    def failed(self, number: int, why: str, *, vanished: bool = False) -> None:
        """A page was not; `vanished` when ESI says that there is no such page any more."""
        if vanished and number == self.probed:
            return
        self.seen.pop(number, None)
        self.problems[number] = why
        self.vanished = self.vanished or vanished

    def next(self, now: float) -> Ask | Whole | Partial:
        """What to do now."""
        if 1 not in self.seen and 1 not in self.problems:
            return Ask((1,))
        if self.vanished:
            return self._start_over(now)
        if self.problems:
            return Partial(self._first_problem())
        newest = self._newest()
        if self.probed and self.seen.pop(self.probed, newest).number == self.probed:
            return Partial(f"there are more pages than the {newest.pages} that X-Pages tells of")
        total = max(p.pages for p in self.seen.values() if p.last_modified == newest.last_modified)
        self.seen = {n: page for n, page in self.seen.items() if n <= total}
        missing = tuple(n for n in range(1, total + 1) if n not in self.seen)
        if missing:
            return self._wait_out_page_one(now) or Ask(missing)
        return self._agreement(now)

    def _newest(self) -> PageSeen:
        return max(self.seen.values(), key=lambda page: (page.last_modified or 0.0, page.expires))

    def _first_problem(self) -> str:
        number, why = min(self.problems.items())
        more = f" (and {len(self.problems) - 1} more pages)" if len(self.problems) > 1 else ""
        return f"page {number} failed: {why}{more}"

    def _wait_out_page_one(self, now: float) -> Ask | None:
        page = self.seen[1]
        lifetime = page.expires - (page.last_modified or now)
        left = page.expires - now
        if len(self.seen) > 1 or left > min(MARGIN, 0.02 * lifetime) or self.waited:
            return None
        self.waited = True
        del self.seen[1]
        return Ask((1,), max(left, 0.0) + SLACK, "the list is about to be renewed")

    def _agreement(self, now: float) -> Ask | Whole | Partial:
        newest = self._newest()
        total = len(self.seen)
        drifted = tuple(
            n
            for n, page in self.seen.items()
            if page.last_modified != newest.last_modified or page.pages != total
        )
        if not drifted and (newest.last_modified is not None or total == 1):
            return self._probe(total) or Whole()
        if newest.last_modified is None:
            return Partial("the pages carry no Last-Modified, so they may be of different moments")
        return self._again(drifted, now)

    def _again(self, drifted: tuple[int, ...], now: float) -> Ask | Partial:
        if self.rounds >= ROUNDS:
            return Partial(f"the list kept changing while it was read ({self.rounds} times)")
        undated = tuple(n for n in drifted if not self.seen[n].dated)
        if undated:
            self.rounds += 1
            return Ask(undated, afresh=True)
        after = max(self.seen[n].expires for n in drifted) - now
        after = after + SLACK if after > 0 else 0.0
        if after > PATIENCE and self._is_confirmed():
            self.asked_afresh = True
            self.rounds += 1
            return Ask(tuple(sorted(self.seen)), afresh=True)
        if after > PATIENCE and len({page.last_modified for page in self.seen.values()}) == 1:
            return Partial("the pages disagree on how many there are")
        if after > PATIENCE:
            return Partial(
                f"page {drifted[0]} is of an older moment than the newest "
                f"and expires only in {after:.0f} seconds"
            )
        self.rounds += 1
        return Ask(drifted, after, "some pages are of an older moment" if after else "")

    def _is_confirmed(self) -> bool:
        """Whether every page is what it was when it was kept, at different moments: no 304 can tell
        whether they fit together, their bodies can. They are asked for once.
        """
        return not self.asked_afresh and all(page.confirmed for page in self.seen.values())

    def _probe(self, total: int) -> Ask | None:
        """Where the last page is full, X-Pages may tell of too few: look once for a next one."""
        last = self.seen[total].rows
        full = last == self.seen[1].rows if total > 1 else last % FULL_PAGE == 0
        if last < FULL_PAGE or not full or self.probed:
            return None
        self.probed = total + 1
        return Ask((self.probed,))

    def _start_over(self, now: float) -> Ask | Partial:
        first = self.seen.get(1)
        after = max(first.expires - now, 0.0) + SLACK if first else 0.0
        if self.rounds >= ROUNDS or after > PATIENCE:
            return Partial(self._first_problem())
        self.rounds += 1
        self.seen.clear()
        self.problems.clear()
        self.vanished = False
        return Ask((1,), after, "the list has shrunk")
