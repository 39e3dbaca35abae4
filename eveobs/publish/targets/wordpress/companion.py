"""A site with the companion plugin: it keeps an index of all documents, and takes them in bulk."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import msgspec

from eveobs.errors import ConfigError, EveobsError
from eveobs.publish.document import Key, digests
from eveobs.publish.target import Difference, Outcome, Published, Result, Write
from eveobs.publish.targets.wordpress import faults, wording
from eveobs.publish.targets.wordpress.faults import RefusedError, TooLargeError
from eveobs.publish.targets.wordpress.line import Line
from eveobs.publish.targets.wordpress.links import Links
from eveobs.publish.targets.wordpress.pictures import Pictures
from eveobs.publish.targets.wordpress.responses import (
    MAX_DOCUMENTS,
    MAX_PAGES,
    About,
    Comparison,
    Comparisons,
    Index,
    Row,
    Rows,
    WriteResult,
    WriteResults,
    decode,
    shaped,
)
from eveobs.publish.targets.wordpress.rest import Rest

if TYPE_CHECKING:
    from eveobs.publish.targets.wordpress.xmlrpc import XmlRpc

T = TypeVar("T")

PAGE = 5000
"""Rows of the index in one answer."""
LOOK_UPS = 500
"""Keys in one look-up."""
NO_OPERATION = ("rest_no_route", "-32601")
"""What REST and XML-RPC say of an operation that the plugin does not have."""
SPARE = 0.5
"""Of the largest request that the site takes, how much a batch may fill."""


class Operations(Protocol):
    """The plugin's operations, by name, with what they are given and give."""

    def ask(self, name: str, shape: type[T], **query: str | int) -> T:
        """Call an operation that only reads."""

    def send(self, name: str, body: Mapping[str, Any], shape: type[T]) -> T:
        """Call an operation that is given a body."""

    def broken(self, what: str) -> EveobsError:
        """Return the error for an answer in which `what` is wrong."""


class OverRest:
    """The plugin's operations over REST."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    def ask(self, name: str, shape: type[T], **query: str | int) -> T:
        """Send a GET."""
        return self._rest.get(f"/eveobs/v1/{name}", shape, **query).body

    def send(self, name: str, body: Mapping[str, Any], shape: type[T]) -> T:
        """Send a POST."""
        return self._rest.post(f"/eveobs/v1/{name}", body, shape)

    def broken(self, what: str) -> EveobsError:
        """Return the error of REST."""
        return faults.broken(self._rest.site, self._rest.way, what)


class OverXmlRpc:
    """The plugin's operations as XML-RPC methods, which take and give JSON."""

    def __init__(self, caller: XmlRpc) -> None:
        self._caller = caller

    def ask(self, name: str, shape: type[T], **query: str | int) -> T:
        """Send a call whose body is the query."""
        return self.send(name, query, shape)

    def send(self, name: str, body: Mapping[str, Any], shape: type[T]) -> T:
        """Send a call."""
        from eveobs.publish.targets.wordpress.xmlrpc import operation

        text = msgspec.json.encode(body).decode()
        answered = self._caller.call(operation(name, text), str)
        try:
            decoded = decode(answered)
        except ValueError as error:
            raise self.broken(str(error)) from error
        return shaped(decoded, shape, self._caller.site, self._caller.way)

    def broken(self, what: str) -> EveobsError:
        """Return the error of XML-RPC."""
        return faults.broken(self._caller.site, self._caller.way, what)


class Companion:
    """A site with the plugin, as a `Target`. `about` is what its operation `site` said."""

    at_once = False
    protocol = 1
    force = False

    def __init__(
        self,
        operations: Operations,
        line: Line,
        about: About,
        pictures: Pictures,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._operations, self._pictures = operations, pictures
        self._clock, self._line = clock, line
        self._kinds = frozenset(about.kinds)
        self.name = line.home
        self.batch = min(about.batch, 200)
        self._most = int(about.post_max * SPARE) or 4_000_000
        self.links = Links(about.home, pictures.version, plugin=True)

    def published(self, kinds: Collection[str]) -> dict[Key, Published]:
        """All that its index has of `kinds`."""
        found: dict[Key, Published] = {}
        wanted = ",".join(sorted(self._kinds.intersection(kinds)))
        after: str | None = "" if wanted else None
        seen: set[str] = set()
        while after is not None:
            page = self._operations.ask("index", Index, kinds=wanted, after=after, limit=PAGE)
            found |= {key: one for key, one in map(_published, page.rows) if key.kind in kinds}
            seen.add(after)
            after = page.next
            if after in seen or len(page.rows) > PAGE:
                raise self._operations.broken("an index that does not advance")
            if len(found) > MAX_DOCUMENTS or len(seen) > MAX_PAGES:
                raise self._operations.broken("an index without an end")
        return found

    def look_up(self, keys: Sequence[Key]) -> dict[Key, Published]:
        """What its index, and its posts, have of `keys`."""
        found: dict[Key, Published] = {}
        for start in range(0, len(keys), LOOK_UPS):
            some = keys[start : start + LOOK_UPS]
            rows = self._operations.send("lookup", {"keys": some}, Rows).rows
            wanted = set(some)
            found |= {key: one for key, one in map(_published, rows) if key in wanted}
        return found

    def write(self, writes: Sequence[Write]) -> list[Result]:
        """Create and update, in requests that the site takes."""
        known = [one for one in writes if one.document.kind in self._kinds]
        results: dict[Key, Result] = {}
        for some in _portions(map(self._draft, known), self._most):
            results |= {one.key: one for one in self._upsert(some)}
        return [results.get(one.document.key) or _unknown(one.document.key) for one in writes]

    def remove(self, gone: Mapping[Key, str]) -> list[Result]:
        """Put documents into the trash."""
        keys = list(gone)
        answered = self._operations.send("trash", {"keys": keys}, WriteResults).results
        return self._results(keys, answered)

    def verify(self, writes: Sequence[Write]) -> list[Difference]:
        """Compare documents with what the site holds, in requests that it takes."""
        known = [one for one in writes if one.document.kind in self._kinds]
        found: dict[Key, Difference] = {}
        for some in _portions(map(self._draft, known), self._most):
            answered = self._compared(some)
            if len(answered) != len(some):
                raise self._operations.broken(f"{len(answered)} results for {len(some)} documents")
            for draft, one in zip(some, answered, strict=True):
                key = Key(draft["kind"], draft["external_id"])
                found[key] = _difference(key, one)
        return [
            found.get(one.document.key, Difference(one.document.key, "missing")) for one in writes
        ]

    def _compared(self, drafts: Sequence[Mapping[str, Any]]) -> list[Comparison]:
        try:
            return self._operations.send("verify", {"documents": drafts}, Comparisons).results
        except RefusedError as error:
            if error.code not in NO_OPERATION:
                raise
            raise ConfigError(
                f"the plugin of {self.name} is too old to verify",
                hint="`eveobs publish plugin > eveobs.php` makes the one that can.",
            ) from error

    def finish(self) -> None:
        """The site shows each document as it is written."""

    def close(self) -> None:
        """Close the connections."""
        self._pictures.close()
        self._line.close()

    def _upsert(self, drafts: Sequence[Mapping[str, Any]]) -> list[Result]:
        keys = [Key(one["kind"], one["external_id"]) for one in drafts]
        try:
            answered = self._operations.send("upsert", {"documents": drafts}, WriteResults).results
        except TooLargeError as error:
            if len(drafts) == 1:
                return [Result(keys[0], Outcome.REFUSED, error=error)]
            half = len(drafts) // 2
            return self._upsert(drafts[:half]) + self._upsert(drafts[half:])
        return self._results(keys, answered)

    def _results(self, keys: Sequence[Key], answered: Sequence[WriteResult]) -> list[Result]:
        if len(answered) != len(keys):
            raise self._operations.broken(f"{len(answered)} results for {len(keys)} documents")
        return [_result(key, one) for key, one in zip(keys, answered, strict=True)]

    def _draft(self, one: Write) -> dict[str, Any]:
        document = one.document
        picture = self._pictures.of(document)
        now = datetime.fromtimestamp(self._clock(), UTC)
        draft = {
            "kind": document.kind,
            "external_id": document.external_id,
            "slug": document.slug,
            "hash": document.hash,
            "digests": wording.pack(digests(document)),
            "title": wording.title(document),
            "content": wording.content(document, picture.html),
            "excerpt": wording.excerpt(document),
            "date": f"{wording.moment(document, now):%Y-%m-%dT%H:%M:%SZ}",
            "meta": document.meta,
            "terms": document.terms,
            "image": picture.address,
            "fields": None if one.post_id is None else one.fields,
            "restore": one.restore,
            "force": self.force,
        }
        return draft | ({"thumbnail": picture.media_id} if picture.media_id else {})


def _portions(drafts: Iterable[Mapping[str, Any]], most: int) -> Iterator[list[Mapping[str, Any]]]:
    """`drafts` in portions that are at most `most` bytes together; XML makes no quote longer than
    six characters.
    """
    portion: list[Mapping[str, Any]] = []
    size = 0
    for draft in drafts:
        more = len(msgspec.json.encode(draft)) * 2
        if portion and size + more > most:
            yield portion
            portion, size = [], 0
        portion.append(draft)
        size += more
    if portion:
        yield portion


def _published(row: Row) -> tuple[Key, Published]:
    known = wording.unpack(row.digests)
    return Key(row.kind, row.external_id), Published(row.post_id, row.hash, row.state, known)


def _result(key: Key, one: WriteResult) -> Result:
    if one.outcome == "missing":
        return Result(key, Outcome.MISSING)
    if one.outcome == "refused":
        words = faults.plain(one.error.message.encode("utf-8", "replace"))
        return Result(key, Outcome.REFUSED, error=RefusedError(words, code=one.error.code))
    return Result(key, Outcome.DONE if one.post_id else Outcome.UNKNOWN, one.post_id)


def _difference(key: Key, one: Comparison) -> Difference:
    problem = "" if one.outcome == "ok" else one.outcome
    return Difference(key, problem, one.post_id, tuple(one.fields), tuple(one.edited))


def _unknown(key: Key) -> Result:
    error = RefusedError(
        f"the plugin of the site does not know the kind {key.kind}: `eveobs publish plugin` makes "
        "one that does",
        code="unknown_kind",
    )
    return Result(key, Outcome.REFUSED, error=error)
