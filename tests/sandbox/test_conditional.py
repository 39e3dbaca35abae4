"""If-None-Match and If-Modified-Since are judged as RFC 9110 says."""

from __future__ import annotations

import pytest

from eveobs.sandbox.answers import Answer, Body, error
from eveobs.sandbox.conditional import http_date, not_modified

pytestmark = pytest.mark.unit

MODIFIED = 1_790_000_000
STRONG = Answer(200, Body([1]), MODIFIED)
WEAK = Answer(200, Body([1], weak=True), MODIFIED)
ETAG = STRONG.body.etag if STRONG.body else ""


@pytest.mark.parametrize("answer", [STRONG, WEAK])
@pytest.mark.parametrize(
    ("header", "same"),
    [
        (ETAG, True),
        (f"W/{ETAG}", True),
        (f'"a,b", {ETAG}', True),
        (f'W/"x",W/{ETAG} ,"y"', True),
        ("*", True),
        ('"other"', False),
        (ETAG.strip('"'), False),
        (ETAG.upper(), False),
        ("", False),
    ],
)
def test_if_none_match(answer: Answer, header: str, *, same: bool) -> None:
    assert not_modified(answer, {"If-None-Match": header}) is same


@pytest.mark.parametrize(
    ("header", "same"),
    [
        (http_date(MODIFIED), True),
        (http_date(MODIFIED + 1), True),
        (http_date(MODIFIED - 1), False),
        ("yesterday", False),
    ],
)
def test_if_modified_since(header: str, *, same: bool) -> None:
    assert not_modified(STRONG, {"If-Modified-Since": header}) is same


def test_if_none_match_decides_alone() -> None:
    headers = {"If-None-Match": '"other"', "If-Modified-Since": http_date(MODIFIED)}
    assert not not_modified(STRONG, headers)


def test_errors_and_posts_are_never_unmodified() -> None:
    assert not not_modified(error(404, "Not found"), {"If-None-Match": "*"})
    assert not not_modified(Answer(200, Body([]), etag=False), {"If-None-Match": "*"})
    assert not not_modified(Answer(204), {"If-None-Match": "*"})


def test_etags_are_written_as_esi_writes_them() -> None:
    assert len(ETAG) == 58
    assert WEAK.body
    assert WEAK.body.etag == f"W/{ETAG}"
