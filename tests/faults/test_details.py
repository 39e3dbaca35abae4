"""What fails beside the list costs the list nothing, and is asked for again."""

from __future__ import annotations

import pytest

from tests.faults.conftest import Eden

pytestmark = pytest.mark.integration

PARTIAL = 7
ANY_REFUSAL = "any 403 or 404 is remembered for ever as an answer about the contract"
ITEMS = "route=/contracts/public/items/*"
BIDS = "route=/contracts/public/bids/*"


@pytest.mark.parametrize(
    "spec",
    [
        *("reset", "close", "empty", "html", "truncated-gzip", "invalid-json", "wrong-shape"),
        *("400", "401", "403:html=1", "404:html=1", "500", "502:html=1", "downtime"),
        "403",
        "404",
    ],
)
def test_items_that_fail_are_asked_again(small: Eden, spec: str) -> None:
    small.begin_anew()
    small.goes_wrong(f"{spec}{',' if ':' in spec else ':'}{ITEMS},after=10")
    done = small.fetch("--set", "esi.max_retries=0")
    assert small.hits() >= 10
    assert done.code == PARTIAL, done.stderr
    done.says("partial: The Forge", "items of contract")
    truth = small.ask("GET", "/_sandbox/truth?region_id=10000002")
    assert set(small.outstanding()) == {row["contract_id"] for row in truth["contracts"]}
    kept = small.details("items")
    assert len(kept) >= 5
    small.is_well()
    again = small.fetch()
    assert (again.code, again.stderr) == (0, "")
    small.is_true()


@pytest.mark.parametrize(
    "spec",
    [
        *("reset", "500", "wrong-shape"),
        "403",
        "404",
    ],
)
def test_bids_that_fail_are_asked_again(small: Eden, spec: str) -> None:
    before = small.details("bids")
    small.goes_wrong(f"{spec}:{BIDS}")
    done = small.fetch("--set", "esi.max_retries=0")
    assert done.code == PARTIAL, done.stderr
    done.says("bids of contract")
    assert before.items() <= small.details("bids").items()
    small.ends_right()


def test_names_that_fail_are_asked_again(small: Eden) -> None:
    small.begin_anew()
    small.goes_wrong("500:route=/universe/names,after=1")
    done = small.fetch(after=["--no-items"])
    assert "names are not known yet" in done.stderr
    assert small.outstanding()
    small.is_well()
    assert small.fetch().code == 0
    rows = small.eveobs.json("list", "contracts", "--limit", "5")
    assert all(row["issuer_name"] for row in rows)
    small.is_true()


def test_when_the_region_cannot_even_be_looked_up(small: Eden) -> None:
    small.begin_anew()
    small.goes_wrong("500:route=/universe/**")
    done = small.fetch()
    assert (done.code, done.stdout) == (5, "")
    done.says("500: Internal server error")
    small.is_well()
    assert small.fetch().code == 0
    small.is_true()
