"""What goes wrong for good ends with a clear word, its exit code, and nothing lost."""

from __future__ import annotations

import pytest

from tests.faults.conftest import Eden

pytestmark = pytest.mark.integration

FAILED, UNREACHABLE, LIMITED = 1, 5, 6

ENDS = [
    ("refused:seconds=1.5", UNREACHABLE, ["127.0.0.1"]),
    ("reset", UNREACHABLE, ["127.0.0.1"]),
    ("close", UNREACHABLE, ["127.0.0.1"]),
    ("hang:seconds=9", UNREACHABLE, ["127.0.0.1", "/contracts/public/10000002"]),
    ("slow-headers:seconds=9", UNREACHABLE, ["no answer within 0.8 seconds"]),
    ("drip:seconds=9", UNREACHABLE, ["no answer within 0.8 seconds"]),
    ("empty", UNREACHABLE, ["empty body"]),
    ("html", UNREACHABLE, ["web page"]),
    ("html:status=502", UNREACHABLE, ["502"]),
    ("truncated-gzip", UNREACHABLE, ["cut off"]),
    ("redirect", UNREACHABLE, ["302", "http://127.0.0.1:9/elsewhere", "esi.base_url"]),
    ("invalid-json", FAILED, ["not what ESI documents"]),
    ("wrong-shape", FAILED, ["not what ESI documents", "Expected `int`"]),
    ("huge:megabytes=65", FAILED, ["more bytes than any answer of ESI"]),
    ("bomb:megabytes=65", FAILED, ["more bytes than any answer of ESI"]),
    ("400", FAILED, ["400: Bad request"]),
    ("401", FAILED, ["401: Unauthorized"]),
    ("403", FAILED, ["403: Forbidden"]),
    ("404", FAILED, ["404: Not found"]),
    ("420:seconds=3600", LIMITED, ["error limit"]),
    ("429:seconds=3600", LIMITED, ["rate limit"]),
    ("520:seconds=3600", LIMITED, ["slow down"]),
    ("500", UNREACHABLE, ["500: Internal server error"]),
    ("502", UNREACHABLE, ["502: Bad gateway"]),
    ("503", UNREACHABLE, ["503: Service unavailable"]),
    ("504", UNREACHABLE, ["504: Timeout contacting tranquility"]),
    ("downtime", UNREACHABLE, ["EVE Online is not available", "downtime starts at 11:00 UTC"]),
    ("403:html=1", UNREACHABLE, ["403"]),
    ("404:html=1", UNREACHABLE, ["404"]),
]


@pytest.mark.parametrize(("spec", "code", "words"), ENDS, ids=[spec for spec, *_ in ENDS])
def test_everything_fails(small: Eden, spec: str, code: int, words: list[str]) -> None:
    before, items, bids = small.outstanding(), small.details("items"), small.details("bids")
    small.goes_wrong(spec)
    done = small.fetch()
    assert done.code == code, done.stderr
    done.says("The Forge", *words)
    assert len(done.stderr.splitlines()) == 2
    report = done.report
    assert (report["status"], report["gone"], report["new"]) == ("partial", 0, 0)
    assert report["error"]
    assert (small.outstanding(), small.details("items"), small.details("bids")) == (
        before,
        items,
        bids,
    )
    small.ends_right()
