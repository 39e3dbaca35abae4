"""ESI's front door: from a request to a reply, with its limits and headers, without a socket."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import count
from typing import NamedTuple

from multidict import CIMultiDict

from eveobs.esi.route import Route
from eveobs.esi.routes import BY_PATH, COMPATIBILITY_DATE
from eveobs.sandbox.answers import Answer, Call, Handler, Handlers, RefusedError, error
from eveobs.sandbox.calendar import newest_compatibility_date
from eveobs.sandbox.conditional import http_date, not_modified
from eveobs.sandbox.faults.kind import Scene, Strike
from eveobs.sandbox.limits import ERROR_LIMIT_EXCEEDED, ErrorLimit, TokenBucket, is_error
from eveobs.sandbox.messages import Asked, Reply
from eveobs.sandbox.permission import Doorkeeper
from eveobs.sandbox.tally import Tally

_NOT_MODIFIED, _ERROR_LIMITED, _RATE_LIMITED = 304, 420, 429
_EXPOSED = (
    "Etag, Retry-After, X-Compatibility-Date, X-Esi-Error-Limit-Remain, X-Esi-Error-Limit-Reset, "
    "X-Pages, X-Ratelimit-Group, X-Ratelimit-Limit, X-Ratelimit-Remaining, X-Ratelimit-Used"
)
_ALWAYS = CIMultiDict(
    {
        "Server": "eveobs-sandbox",
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Expose-Headers": _EXPOSED,
        "Content-Language": "en",
        "Vary": "Accept-Language, X-Compatibility-Date, X-Tenant",
        "X-Compatibility-Date": "2020-01-01",
    }
)
"""The compatibility date is the route's own, and all these have never changed."""


_Row = tuple[tuple[str, ...], Route, Handler]
"""A route's path in parts, the route, and who answers it."""


class _Found(NamedTuple):
    """`route` is None where there is none; the handler says so."""

    route: Route | None
    handler: Handler
    values: tuple[str, ...] = ()

    @property
    def template(self) -> str:
        """The route's path as the table has it."""
        return self.route.path if self.route else ""


class Gateway:
    """Finds the handler, keeps the limits, and says it all in ESI's headers."""

    def __init__(self, handlers: Handlers, begin: int, doorkeeper: Doorkeeper) -> None:
        """`begin`: when the first minute of the error limit starts."""
        self.tally = Tally()
        self._table: dict[tuple[int, str], list[_Row]] = {}
        for (method, path), handler in handlers.items():
            parts = tuple(path.split("/"))
            # ESI serves its OpenAPI document without documenting that route.
            row = (parts, BY_PATH.get((method, path), Route(method, path)), handler)
            self._table.setdefault((len(parts), parts[1]), []).append(row)
        self._doorkeeper = doorkeeper
        self._errors = ErrorLimit(begin)
        self._buckets: dict[tuple[str, int], TokenBucket] = {}
        self._numbers = count(1)

    def reply(self, asked: Asked, now: float, strike: Strike | None = None) -> Reply:
        """One request, one reply, counted; with a fault, what that makes of it.

        The limits hold before every fault.
        """
        path, _, query = asked.target.partition("?")
        found = self._find(asked.method, path)
        call = self._call(found, asked, now, query)
        bucket = self._bucket(found.route, call.character)
        answer = self._limited(bucket, now) or self._answer(found, asked, call, strike)
        status = 304 if not_modified(answer, asked.headers) else answer.status
        headers = _ALWAYS.copy()
        self._tell_moment(headers, answer, now)
        self._tell_limits(headers, status, bucket, now)
        body = None if status == _NOT_MODIFIED else _body(headers, answer, asked.headers)
        if answer.extra:
            _tell_extra(headers, answer)
        sent = 0 if body is None or asked.method == "HEAD" else len(body)
        self.tally.add(asked.method, found.template, status, sent)
        return Reply(status, headers, body)

    def silence(self, asked: Asked) -> Reply:
        """A request that is never answered: counted, with a status of 0."""
        found = self._find(asked.method, asked.target.partition("?")[0])
        self.tally.add(asked.method, found.template, 0, 0)
        return Reply(0, CIMultiDict(), None)

    def _answer(self, found: _Found, asked: Asked, call: Call, strike: Strike | None) -> Answer:
        if strike is None or strike.kind.change is None:
            return self._ask(found, asked, call)
        scene = Scene(
            strike, call, asked.headers, lambda other: self._ask(found, asked, other), self._errors
        )
        try:
            return strike.kind.change(scene)
        except RefusedError as refused:
            return refused.answer

    def _ask(self, found: _Found, asked: Asked, call: Call) -> Answer:
        try:
            _check_date(asked.headers.get("X-Compatibility-Date"), call.now)
            if found.route is not None:
                self._doorkeeper.check(found.route, call, asked.headers)
            return found.handler(call)
        except RefusedError as refused:
            return refused.answer

    def _call(self, found: _Found, asked: Asked, now: float, query: str) -> Call:
        """Who asks matters where a scope is needed or requests are counted by character."""
        plain = Call(now, found.values, query, asked.body)
        if found.route is None or not (found.route.scope or found.route.group):
            return plain
        holder = self._doorkeeper.known(asked.headers, now)
        if holder is None:
            return plain
        return plain._replace(character=holder.character_id, scopes=holder.scopes)

    def _bucket(self, route: Route | None, character: int) -> TokenBucket | None:
        """Each character has its own; 0 is everybody at this address without a token."""
        if route is None or not route.group:
            return None
        bucket = self._buckets.get((route.group, character))
        if bucket is None:
            bucket = TokenBucket(route.group, route.tokens, route.window)
            self._buckets[route.group, character] = bucket
        return bucket

    def _find(self, method: str, path: str) -> _Found:
        """HEAD is GET, cut short on the wire."""
        parts = path.split("/")
        first = parts[1] if len(parts) > 1 else ""
        method = "GET" if method == "HEAD" else method
        known = False
        for template, route, handler in self._table.get((len(parts), first), ()):
            values = _values(template, parts)
            if values is None:
                continue
            if route.method == method:
                return _Found(route, handler, values)
            known = True
        return _Found(None, _wrong_method if known else _unknown)

    def _limited(self, bucket: TokenBucket | None, now: float) -> Answer | None:
        if not self._errors.remaining(now):
            return error(420, ERROR_LIMIT_EXCEEDED)
        if bucket and not bucket.remaining(now):
            return error(429, "Too many requests")
        return None

    def _tell_moment(self, headers: CIMultiDict[str], answer: Answer, now: float) -> None:
        headers["Date"] = http_date(int(now))
        headers["X-Esi-Request-Id"] = f"{next(self._numbers):08x}-0000-4000-8000-000000000000"
        headers["X-Esi-Cache-Status"] = "HIT" if answer.hit else "MISS"
        if answer.cache_control is not None:
            headers["Cache-Control"] = answer.cache_control
        if answer.etag and answer.body is not None:
            headers["Etag"] = answer.body.etag
        if answer.expires is not None:
            headers["Expires"] = http_date(answer.expires)
        if answer.last_modified is not None:
            headers["Last-Modified"] = http_date(answer.last_modified)
        if answer.pages is not None:
            headers["X-Pages"] = str(answer.pages)

    def _tell_limits(
        self, headers: CIMultiDict[str], status: int, bucket: TokenBucket | None, now: float
    ) -> None:
        """A route has the one limit or the other; 420 is for all of them."""
        if bucket is None or status == _ERROR_LIMITED:
            if is_error(status) and status != _ERROR_LIMITED:
                self._errors.count(now)
            headers["X-Esi-Error-Limit-Remain"] = str(self._errors.remaining(now))
            headers["X-Esi-Error-Limit-Reset"] = str(self._errors.reset(now))
            return
        used = bucket.spend(now, status)
        headers["X-Ratelimit-Group"] = bucket.group
        headers["X-Ratelimit-Limit"] = bucket.limit
        headers["X-Ratelimit-Remaining"] = str(bucket.remaining(now))
        headers["X-Ratelimit-Used"] = str(used)
        if status == _RATE_LIMITED:
            headers["Retry-After"] = str(bucket.retry_after(now))


def _values(template: tuple[str, ...], parts: Sequence[str]) -> tuple[str, ...] | None:
    """The path's parameters; None where the path is another's."""
    if len(template) != len(parts):
        return None
    values = []
    for wanted, part in zip(template, parts, strict=True):
        if wanted.startswith("{"):
            values.append(part)
        elif wanted != part:
            return None
    return tuple(values)


def _check_date(wanted: str | None, now: float) -> None:
    """No date means 2020-01-01, the first. One of the future is refused, by the API's calendar."""
    if wanted is None:
        return
    try:
        well_formed = date.fromisoformat(wanted).isoformat() == wanted
    except ValueError:
        well_formed = False
    if not well_formed:
        raise RefusedError(400, "X-Compatibility-Date must be a date such as 2020-01-01")
    if wanted > max(newest_compatibility_date(now), COMPATIBILITY_DATE):
        raise RefusedError(400, "X-Compatibility-Date must not be in the future")


def _tell_extra(headers: CIMultiDict[str], answer: Answer) -> None:
    for name, value in answer.extra:
        headers.popall(name, None)
        if value is not None:
            headers[name] = value


def _body(headers: CIMultiDict[str], answer: Answer, accepted: Mapping[str, str]) -> bytes | None:
    """The body as it is sent: compressed where that is accepted and worth it."""
    if answer.body is None:
        return None
    headers["Content-Type"] = answer.body.content_type
    if answer.body.is_worth_packing and _accepts_gzip(accepted):
        headers["Content-Encoding"] = "gzip"
        return answer.body.packed
    return answer.body.data


def _accepts_gzip(headers: Mapping[str, str]) -> bool:
    """Whether gzip is named, and not with a weight of nothing."""
    for coding in headers.get("Accept-Encoding", "").split(","):
        name, _, weight = coding.replace(" ", "").lower().partition(";q=")
        if name in {"gzip", "*"}:
            return weight.strip("0.") != "" or weight == ""
    return False


def _unknown(_: Call) -> Answer:
    raise RefusedError(404, "Not found")


def _wrong_method(_: Call) -> Answer:
    raise RefusedError(405, "Method not allowed")
