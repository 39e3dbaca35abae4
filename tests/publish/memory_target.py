"""A target in memory, which can be told to fail as a site does."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from eveobs.publish.document import Document, Key, digests
from eveobs.publish.target import Outcome, Published, Result, State, UnknownOutcomeError, Write


class Relative:
    """Links from one page to another."""

    version = "memory"
    titled = False

    def href(self, to: Key, slug: str) -> str:
        return f"../{to.kind}/{slug}.html"


class MemoryTarget:
    """Keeps documents. `before` and `after` are called with each batch and may raise."""

    name = "memory"
    at_once = False

    def __init__(self, batch: int = 3) -> None:
        self.batch = batch
        self.links = Relative()
        self.pages: dict[Key, tuple[str, Document, State]] = {}
        self.requests: list[list[Key]] = []
        self.writes: list[Write] = []
        self.refused: set[Key] = set()
        self.before: Callable[[int], None] = lambda _: None
        self.after: Callable[[int], None] = lambda _: None
        self.finished = 0

    def close(self) -> None: ...

    def finish(self) -> None:
        self.finished += 1

    def published(self, kinds: Collection[str]) -> dict[Key, Published]:
        return self.look_up([key for key in self.pages if key.kind in kinds])

    def look_up(self, keys: Sequence[Key]) -> dict[Key, Published]:
        there = {key: self.pages[key] for key in keys if key in self.pages}
        return {
            key: Published(post_id, page.hash, state, digests(page))
            for key, (post_id, page, state) in there.items()
        }

    def write(self, writes: Sequence[Write]) -> list[Result]:
        number = len(self.requests)
        self.requests.append([one.document.key for one in writes])
        self.before(number)
        results = [self._keep(one) for one in writes]
        self.after(number)
        return results

    def _keep(self, one: Write) -> Result:
        key = one.document.key
        self.writes.append(one)
        if key in self.refused:
            return Result(key, Outcome.REFUSED)
        if one.post_id is not None and key not in self.pages:
            return Result(key, Outcome.MISSING)
        assert one.post_id is not None or key not in self.pages, f"a second page of {key}"
        post_id = one.post_id or str(len(self.pages) + 1)
        self.pages[key] = (post_id, one.document, State.SHOWN)
        return Result(key, Outcome.DONE, post_id)

    def remove(self, gone: Mapping[Key, str]) -> list[Result]:
        self.requests.append(list(gone))
        self.before(len(self.requests) - 1)
        for key in gone:
            post_id, page, _ = self.pages[key]
            self.pages[key] = (post_id, page, State.TRASHED)
        return [Result(key, Outcome.DONE, post_id) for key, post_id in gone.items()]


def broken(*_: object) -> None:
    """What a broken connection raises."""
    raise UnknownOutcomeError("the connection broke")
