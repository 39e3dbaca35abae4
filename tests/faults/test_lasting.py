"""What goes wrong for good ends with a clear word, its exit code, and nothing lost."""

from __future__ import annotations

import pytest

from tests.faults.conftest import IMPATIENT, Eden

pytestmark = pytest.mark.integration

FAILED, UNREACHABLE, LIMITED = 1, 5, 6

A_LIBRARYS_WORDS = "the message is that of the HTTP library"
NO_HINT = "an error without a hint"
NOT_ESI = (
    "a refusal that is not in ESI's words did not come from ESI: 5 and a hint, as for a web page"
)

ENDS = [
    ("refused:seconds=1.5", UNREACHABLE, ["127.0.0.1"]),
    ("reset", UNREACHABLE, ["127.0.0.1"]),
    ("close", UNREACHABLE, ["127.0.0.1"]),
    ("hang:seconds=9", UNREACHABLE, ["no answer within 0.5 seconds"]),
    ("slow-headers:seconds=6", UNREACHABLE, ["no answer within 1 seconds"]),
    ("drip:seconds=6", UNREACHABLE, ["no answer within 1 seconds"]),
    ("empty", UNREACHABLE, ["empty body"]),
    ("html", UNREACHABLE, ["web page"]),
    ("html:status=502", UNREACHABLE, ["502"]),
    ("truncated-gzip", UNREACHABLE, ["cut off"]),
    ("redirect", UNREACHABLE, ["302", "http://127.0.0.1:9/elsewhere", "esi.base_url"]),
    ("invalid-json", FAILED, ["not what ESI documents"]),
    ("wrong-shape", FAILED, ["not what ESI documents", "collateral"]),
    ("huge:megabytes=65", FAILED, ["more bytes than any answer of ESI"]),
    ("bomb:megabytes=65", FAILED, ["more bytes than any answer of ESI"]),
    ("400", FAILED, ["400: Bad request"]),
    ("401", FAILED, ["401: Unauthorized"]),
    ("403", FAILED, ["403: Forbidden"]),
    ("404", FAILED, ["404: Not found"]),
    ("420:seconds=1500", LIMITED, ["error limit"]),
    ("429:seconds=1500", LIMITED, ["rate limit"]),
    ("520:seconds=1500", LIMITED, ["slow down"]),
    ("500", UNREACHABLE, ["500: Internal server error"]),
    ("502", UNREACHABLE, ["502: Bad gateway"]),
    ("503", UNREACHABLE, ["503: Service unavailable"]),
    ("504", UNREACHABLE, ["504: Timeout contacting tranquility"]),
    ("downtime", UNREACHABLE, ["EVE Online is not available", "the daily downtime (11:00 UTC)"]),
    ("403:html=1", UNREACHABLE, ["403"]),
    ("404:html=1", UNREACHABLE, ["404"]),
]


@pytest.mark.parametrize(("spec", "code", "words"), ENDS)
def test_everything_fails(small: Eden, spec: str, code: int, words: list[str]) -> None:
    before, items, bids = small.outstanding(), small.details("items"), small.details("bids")
    small.goes_wrong(spec)
    done = small.fetch(*(IMPATIENT if "seconds=6" in spec or "hang" in spec else ()))
    assert done.code == code, done.stderr
    done.says("The Forge", *words)
    assert len(done.stderr.splitlines()) == 2
    report = done.report
    status = "partial" if code == LIMITED else "failed"
    assert (report["status"], report["gone"], report["new"]) == (status, 0, 0)
    assert report["error"]
    assert (small.outstanding(), small.details("items"), small.details("bids")) == (
        before,
        items,
        bids,
    )
    small.ends_right()


@pytest.mark.parametrize("spec", ["refused:seconds=1", "reset", "close", "hang:seconds=5"])
def test_the_words_are_not_those_of_a_library(small: Eden, spec: str) -> None:
    small.goes_wrong(spec)
    said = small.fetch(*IMPATIENT, "--set", "esi.max_retries=0").stderr
    assert "127.0.0.1" in said
    for jargon in ("ssl:default", "Errno", "ContentLengthError", "Connect call", "socket"):
        assert jargon not in said, said
    small.is_well()


def test_the_daily_downtime_is_one_line_and_few_requests(small: Eden) -> None:
    small.later((11 - 15) % 24 * 3600 - 1800)
    small.begin_anew()
    small.goes_wrong("503:route=/contracts/public/items/*,after=5")
    done = small.fetch()
    assert done.code in {5, 7}
    assert len(done.stderr.splitlines()) <= 3
    done.says("EVE Online is not available")
    assert small.requests(503) <= 40
    small.ends_right()


def test_a_host_that_is_dead_is_not_asked_for_everything(small: Eden) -> None:
    small.begin_anew()
    small.goes_wrong("500:route=/contracts/public/items/*", "500:route=/contracts/public/bids/*")
    done = small.fetch("--set", "esi.concurrency=5")
    assert done.code == 7
    assert small.requests(500) <= 20
    small.ends_right()
