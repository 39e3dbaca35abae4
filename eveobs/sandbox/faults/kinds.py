"""Every kind of fault there is. A kind is one entry here; all texts about faults are made of it."""

from __future__ import annotations

from eveobs.sandbox.faults import bodies, delivery, lists, refusals, validators
from eveobs.sandbox.faults.aim import LISTS, Aim
from eveobs.sandbox.faults.kind import Kind, Span

_FOR_A_WHILE = Span(lambda _: "", lambda now, options, _: now + options["seconds"])
_UNTIL_EXPIRY = Span(
    lambda target: f"{target.path}?{target.page}",
    lambda now, options, _: int(now) + options["seconds"],
)
_REST_OF_CYCLE = Span(
    lambda target: target.path,
    lambda now, _, calendar: calendar.start(calendar.number(now) + 1),
    first_page=True,
)


def _error(status: int, words: str, text: str, name: str = "") -> Kind:
    change = refusals.refused_with(status, words)
    return Kind(name or str(status), text, change, options={"html": 0})


_CONNECTION = (
    Kind(
        "refused",
        "nobody listens for some seconds, and open connections are cut",
        delivery=delivery.refuse,
        silent=True,
        options={"seconds": 2},
    ),
    Kind("reset", "the connection is reset", delivery=delivery.reset, silent=True),
    Kind(
        "close",
        "the connection is closed after a part of the body",
        delivery=delivery.close,
        options={"part": 0.5},
    ),
    Kind(
        "hang",
        "no answer comes for some seconds, then the connection is closed",
        delivery=delivery.hang,
        silent=True,
        options={"seconds": 60},
    ),
    Kind(
        "slow-headers",
        "the headers take some seconds",
        delivery=delivery.slow_headers,
        options={"seconds": 30},
    ),
    Kind("drip", "the body takes some seconds", delivery=delivery.drip, options={"seconds": 30}),
)
_BODIES = (
    Kind("empty", "200 with an empty body", bodies.empty),
    Kind("html", "a proxy's web page", bodies.html, options={"status": 200}),
    Kind("invalid-json", "the body ends early", bodies.invalid_json, options={"part": 0.5}),
    Kind(
        "truncated-gzip", "the compressed body ends early", bodies.cut_gzip, options={"part": 0.5}
    ),
    Kind("wrong-shape", "the numbers of the last row are words", bodies.wrong_shape),
    Kind("huge", "a body of some megabytes", delivery=delivery.flood, options={"megabytes": 100}),
    Kind(
        "bomb",
        "a small compressed body that unpacks to some megabytes",
        bodies.bomb,
        options={"megabytes": 100},
    ),
)
_STATUSES = (
    Kind("redirect", "a redirect to where nobody is", refusals.moved, options={"status": 302}),
    _error(400, "Bad request", "the request is called wrong"),
    _error(401, "Unauthorized", "a token is asked for"),
    _error(403, "Forbidden", "the answer is refused"),
    _error(404, "Not found", "there is no such thing"),
    Kind(
        "420",
        "the error limit is reached: every route answers 420 for some seconds",
        refusals.error_limit,
        options={"seconds": 60},
    ),
    Kind(
        "429",
        "a rate limit is reached for some seconds, as Retry-After tells",
        refusals.too_many,
        options={"seconds": 15},
        span=_FOR_A_WHILE,
    ),
    Kind(
        "429-bare",
        "a rate limit is reached for some seconds, and no header tells",
        refusals.too_many_for_the_game,
        options={"seconds": 15},
        span=_FOR_A_WHILE,
    ),
    _error(500, "Internal server error", "ESI has failed"),
    _error(502, "Bad gateway", "ESI is away"),
    _error(503, "Service unavailable", "ESI is away"),
    _error(
        503,
        "The datasource tranquility is temporarily unavailable",
        "503: the game is away, as in the daily downtime",
        "downtime",
    ),
    Kind("504", "the game does not answer ESI", refusals.timeout, options={"html": 0}),
    Kind(
        "520",
        "ConStopSpamming: the game asks to stay away for some seconds",
        refusals.stop_spamming,
        options={"seconds": 10},
        span=_FOR_A_WHILE,
    ),
)
_LISTS = (
    Kind(
        "page-drift",
        "a page is of another cycle, and expires after some seconds",
        lists.drift,
        options={"seconds": 5, "cycles": -1},
        aim=Aim(route=LISTS, page=2),
        span=_UNTIL_EXPIRY,
    ),
    Kind(
        "shrinking-list",
        "page 1 expires after some seconds; the last page is gone until the cycle ends",
        lists.shrink,
        options={"seconds": 2},
        aim=Aim(route=LISTS),
        span=_REST_OF_CYCLE,
    ),
    Kind(
        "duplicate-rows",
        "a page begins with the last rows of the page before",
        lists.repeat_rows,
        options={"rows": 1},
        aim=Aim(route=LISTS, page=2),
    ),
    Kind(
        "x-pages",
        "X-Pages tells of more pages than there are, or of fewer",
        lists.lie_about_pages,
        options={"add": 1},
    ),
)
_VALIDATORS = (
    Kind(
        "wrong-etag",
        "304 for any ETag, current or not; with echo=1 the 304 names the one that was asked",
        validators.never_modified,
        options={"echo": 0},
    ),
    Kind("changing-etag", "another ETag each time for the same body", validators.always_modified),
    Kind("missing-expires", "no Expires, neither with 200 nor with 304", validators.no_expiry),
    Kind(
        "clock-skew",
        "Date and Expires are off by some seconds",
        validators.skewed,
        options={"off": 3600},
    ),
)

KINDS = {kind.name: kind for kind in (*_CONNECTION, *_BODIES, *_STATUSES, *_LISTS, *_VALIDATORS)}
