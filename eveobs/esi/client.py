"""EsiClient: get, pages, walk, cursor, post. The only door to the network for ESI.

Promise 2 lives here: an answer that is fresh sends nothing, one that has expired is asked for
conditionally, limits are waited for. Network libraries are loaded with the first request sent.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Self, TypeVar

import msgspec

from eveobs.errors import EveobsError, ShapeError
from eveobs.esi.admission import LONGEST_WAIT, Admission
from eveobs.esi.anomalies import Anomalies
from eveobs.esi.answers import Answer, Asker, Listing, Reply, Usage
from eveobs.esi.bounds import http_time
from eveobs.esi.cache import Entry, ResponseCache
from eveobs.esi.cache_statistics import Tally
from eveobs.esi.concurrently import concurrently
from eveobs.esi.cursors import LIMIT, CursorReader
from eveobs.esi.decoding import Decoding, twice_if_cut_short
from eveobs.esi.decompress import DecompressError, compress
from eveobs.esi.drift_check import check
from eveobs.esi.freshness import believed, expiry, same_etag
from eveobs.esi.packed import PackedPage
from eveobs.esi.page_reader import PageReader, Steps, is_all, only
from eveobs.esi.paging import page_count
from eveobs.esi.route import Route
from eveobs.esi.sending import Sender
from eveobs.esi.shared_limits import SharedLimits
from eveobs.esi.signing import permit, whose
from eveobs.esi.single_flight import SingleFlight
from eveobs.esi.threads import in_thread
from eveobs.esi.walking import Walker, names_of
from eveobs.telemetry.progress import Progress, Silence

if TYPE_CHECKING:
    import httpx

    from eveobs.esi.access import Access
    from eveobs.esi.denials import Denials
    from eveobs.settings import Esi
    from eveobs.telemetry.traffic import Traffic

T = TypeVar("T")
K = TypeVar("K")


class EsiClient:
    """Asks ESI, at most once before an answer expires. Use as an asynchronous context manager.

    A route with a scope is asked with `access` to a character that allowed it, and its answers are
    kept for that character alone. Raises the kinds of `eveobs.errors`: UnreachableError,
    DowntimeError, LimitError, AnswerError, ShapeError, and SignInError before anything is asked.

    `limits` are shared with other clients; one that asks to wait for longer than `longest_wait` (in
    seconds) is an error instead, and not `patient`, every one is.
    `sender` replaces all of the asking, `transport` the network, `clock` and `sleep` the time;
    `traffic` counts what is sent; `anomalies` is told what answers should not have.
    """

    def __init__(
        self,
        settings: Esi,
        cache: ResponseCache,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        progress: Progress | None = None,
        limits: SharedLimits | None = None,
        patient: bool = True,
        longest_wait: float = LONGEST_WAIT,
        sender: Asker | None = None,
        traffic: Traffic | None = None,
        anomalies: Anomalies | None = None,
        denials: Denials | None = None,
    ) -> None:
        self._concurrency = settings.concurrency
        self._cache = cache
        self._clock = clock
        self._sleep = sleep
        self._progress = progress or Silence()
        self._anomalies = anomalies or Anomalies(self._progress.warn)
        admission = Admission(
            limits or SharedLimits(None, settings.base_url, clock=clock),
            want=settings.concurrency,
            patient=patient,
            longest_wait=longest_wait,
            clock=clock,
            sleep=sleep,
            progress=self._progress,
        )
        self._sender = sender or Sender(
            settings,
            transport=transport,
            admission=admission,
            clock=clock,
            sleep=sleep,
            traffic=traffic,
            anomalies=self._anomalies,
            denials=denials,
        )
        self._flights = SingleFlight()
        self._decoding = Decoding(self._anomalies)
        self._flushing: asyncio.Task[None] | None = None
        view = (settings.tenant, settings.language, settings.compatibility_date)
        self._prefix = "|".join((*view, self._sender.base))

    @property
    def usage(self) -> Usage:
        """What this client has cost so far."""
        return self._sender.usage

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._flushing is not None:
            await self._flushing
        await self._sender.close()
        await in_thread(self._cache.flush)
        self._anomalies.flush()
        self._cache.close()

    async def get(
        self,
        route: Route,
        parameters: Mapping[str, object] | None = None,
        *,
        shape: type[T],
        keep: bool = True,
        accept: frozenset[int] = frozenset(),
        access: Access | None = None,
    ) -> Answer[T]:
        """One page of `route`, decoded as `shape`.

        `keep=False` leaves the cache out, for what the store keeps for ever. Statuses in `accept`
        are answers (about a contract that is gone, say), not errors.
        """
        url = route.url(parameters)
        return await self._get(route, url, shape, keep=keep, accept=accept, access=access)

    async def _get(
        self,
        route: Route,
        url: str,
        shape: type[T],
        *,
        keep: bool,
        accept: frozenset[int],
        afresh: bool = False,
        access: Access | None = None,
    ) -> Answer[T]:
        key = self._prefix + url
        if route.scope:
            key += whose(route, access)
        else:
            access = None  # the same for everybody
        kept = self._look_up(route, key) if keep and not afresh else None
        if kept is not None and kept.is_fresh(self._clock()):
            answer = self._from_entry(key, kept, shape)
            if answer is not None:
                self.usage.cached += 1
                self._count(key, kept.route, Tally.FRESH)
                return answer
            kept = None
        entry = kept

        async def ask() -> Answer[T]:
            headers = {"if-none-match": entry.etag} if entry is not None and entry.etag else {}
            reply = await self._sender.ask(route, url, headers, accept=accept, access=access)
            if reply.status == 304 and entry is not None:
                return await self._revalidated(route, url, key, entry, reply, shape, access)
            return self._fetched(route, url, key if keep else None, reply, shape)

        return await self._flights.ask((key, shape, keep), partial(twice_if_cut_short, ask))

    async def post(
        self,
        route: Route,
        body: object,
        *,
        shape: type[T],
        parameters: Mapping[str, object] | None = None,
        access: Access | None = None,
    ) -> Answer[T]:
        """The answer to a question that is asked by POST (names, ids). Never cached."""
        permit(route, access)
        url = route.url(parameters)
        content = msgspec.json.encode(body)
        headers = {"content-type": "application/json"}
        signed = access if route.scope else None
        reply = await self._sender.ask(route, url, headers, content, access=signed)
        return self._fetched(route, url, None, reply, shape)

    async def pages(
        self,
        route: Route,
        parameters: Mapping[str, object],
        *,
        shape: type[list[T]],
        keep: bool = True,
        accept: frozenset[int] = frozenset(),
        stage: str = "",
        access: Access | None = None,
        packed: bool = False,
    ) -> Listing[T]:
        """All pages of a list. Raises what the first request raises; a page that fails later makes
        it partial.

        `stage` names the progress to report; an empty one reports none. `packed` rows take a tenth
        of the memory, and are unpacked a page at a time when they are read.
        """

        async def get(number: int, *, afresh: bool) -> Answer[Sequence[T]]:
            url = route.url({**parameters, "page": number})
            answer: Answer[Any] = await self._get(
                route, url, shape, keep=keep, accept=accept, afresh=afresh, access=access
            )
            if packed and answer.value is not None:
                return answer._replace(value=PackedPage(answer.value, shape))
            return answer

        first = await get(1, afresh=False)
        if not stage and is_all(first):
            return only(first)
        reader = PageReader(get, self._concurrency, self._clock, self._sleep, self._progress, stage)
        listing = await reader.read(first)
        self._flush_soon(at_once=True)  # what comes now may take its time, and be killed
        return listing

    async def walk(
        self,
        route: Route,
        parameters: Mapping[str, object],
        *,
        shape: type[list[T]],
        id_field: str,
        until: int | None = None,
        stage: str = "",
        access: Access | None = None,
    ) -> Listing[T]:
        """A ledger (from-id paging), newest first, back to its end or to ids up to `until`. Raises
        what the first request raises; one that fails later makes it partial.

        `id_field` is the id in a row, to which the next page is older.
        """
        name, _ = names_of(route.path)

        async def get(before: int | None) -> Answer[list[T]]:
            more = {} if before is None else {name: before}
            return await self.get(route, {**parameters, **more}, shape=shape, access=access)

        return await Walker(get, id_field, until, Steps(self._progress, stage)).read()

    async def cursor(
        self,
        route: Route,
        parameters: Mapping[str, object],
        *,
        shape: type[Any],
        rows_field: str = "",
        id_field: str = "id",
        stage: str = "",
        access: Access | None = None,
    ) -> Listing[Any]:
        """A list that is paged by cursor, whole or partial as `walk`: the rows in the field
        `rows_field` of bodies of `shape` ("": the only list in a dict), each `id_field` once.

        With `after` in `parameters`, what came after that cursor alone.
        """
        begin = {"limit": LIMIT, **parameters}

        async def get(more: Mapping[str, object]) -> Answer[Any]:
            return await self.get(route, {**begin, **more}, shape=shape, access=access)

        steps = Steps(self._progress, stage)
        return await CursorReader(get, begin, rows_field, id_field, steps).read()

    def each(
        self, keys: Iterable[K], ask: Callable[[K], Awaitable[T]]
    ) -> AsyncGenerator[tuple[K, T | EveobsError], None]:
        """`ask` every key, as many at once as the settings allow; see `concurrently`."""
        return concurrently(keys, ask, workers=self._concurrency)

    # -- answers ----------------------------------------------------------------------------------

    def _fetched(
        self, route: Route, url: str, key: str | None, reply: Reply, shape: type[T]
    ) -> Answer[T]:
        now = self._clock()
        empty = reply.status == 204 or reply.status >= 300
        value = None if empty else self._decoding.decode(route.path, url, reply.body, shape)
        if value is not None:
            check(route, value, reply.body, self._anomalies.drift)
        answer = Answer(
            value,
            reply.status,
            expiry(reply.headers, now=now, cache_age=route.cache_age),
            http_time(reply.headers.get("last-modified")),
            page_count(route.path, reply.headers),
            detail=reply.detail,
        )
        if key is not None and reply.status == 200:
            self._keep(key, route, answer, reply)
        self._flush_soon()  # what is not kept itself is also a sign that time has passed
        return answer

    def _keep(self, key: str, route: Route, answer: Answer[Any], reply: Reply) -> None:
        self._cache.statistics.count(route.path, Tally.MISSED)
        self._cache.put(
            key,
            Entry(
                route.path,
                reply.status,
                compress(reply.body),
                reply.headers.get("etag", ""),
                answer.last_modified,
                answer.expires,
                answer.pages,
                self._clock(),
            ),
        )

    def _flush_soon(self, *, at_once: bool = False) -> None:
        due = self._cache.waiting if at_once else self._cache.due
        if due and (self._flushing is None or self._flushing.done()):
            self._flushing = asyncio.create_task(in_thread(self._cache.batch()))

    async def _revalidated(
        self,
        route: Route,
        url: str,
        key: str,
        kept: Entry,
        reply: Reply,
        shape: type[T],
        access: Access | None,
    ) -> Answer[T]:
        now = self._clock()
        headers = reply.headers
        moment = http_time(headers.get("last-modified"))
        entry = msgspec.structs.replace(
            kept,
            expires=expiry(headers, now=now, cache_age=route.cache_age),
            last_modified=kept.last_modified if moment is None else moment,
            pages=page_count(route.path, headers) if "x-pages" in headers else kept.pages,
            stored=now,
            dated=moment is not None,
        )
        same = same_etag(headers.get("etag", kept.etag), kept.etag)
        same = same and (entry.dated or entry.pages == kept.pages)
        answer = self._from_entry(key, entry, shape, cached=False) if same else None
        if answer is None:  # what is kept is damaged, or not what was asked about
            reply = await self._sender.ask(route, url, {}, access=access)
            return self._fetched(route, url, key, reply, shape)
        self.usage.not_modified += 1
        self._cache.put(key, entry)
        self._count(key, route.path, Tally.REVALIDATED)
        return answer

    def _look_up(self, route: Route, key: str) -> Entry | None:
        found, clamped = believed(self._cache.get(key), route.cache_age)
        self._anomalies.clamped("an answer kept in the cache", clamped)
        if found is None:
            self._cache.statistics.count(route.path, Tally.ABSENT)
        return found

    def _count(self, key: str, path: str, tally: Tally) -> None:
        """What was kept was of use."""
        self._cache.statistics.count(path, tally)
        self._cache.statistics.served(key)
        self._flush_soon()

    def _from_entry(
        self, key: str, entry: Entry, shape: type[T], *, cached: bool = True
    ) -> Answer[T] | None:
        try:
            body = entry.text()
            value = self._decoding.decode(entry.route, key, body, shape)
        except (DecompressError, ShapeError):
            self._cache.drop(key)
            return None
        self._cache.statistics.count(entry.route, Tally.BYTES_SAVED, len(body))
        return Answer(
            value,
            entry.status,
            entry.expires,
            entry.last_modified,
            entry.pages or 1,
            cached=cached,
            dated=entry.dated,
            confirmed=not cached,
        )
