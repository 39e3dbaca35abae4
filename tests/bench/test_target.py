"""What was typed becomes a route; what is on this machine is told from what is not."""

from __future__ import annotations

import pytest

from eveobs.bench.load import Load
from eveobs.bench.target import Mode, cases, grouped, is_loopback, target_of
from eveobs.errors import UsageError

pytestmark = pytest.mark.unit
ESI = "https://esi.evetech.net"
HERE = "http://127.0.0.1:8787"


@pytest.mark.parametrize(
    "base", [HERE, "http://localhost:1", "http://[::1]:80", "http://127.9.9.9", "http://localhost."]
)
def test_this_machine(base: str) -> None:
    assert is_loopback(base)


@pytest.mark.parametrize(
    "base",
    [
        *(ESI, "http://10.0.0.1", "http://127.0.0.1.nip.example", "http://localhost.example"),
        *("http://0.0.0.0", "http://[::]", "http://127.0.0.1@esi.evetech.net", "http://", "x"),
        *("http://2130706433", "http://0x7f.1"),  # other ways to write it are not believed
    ],
)
def test_not_this_machine(base: str) -> None:
    assert not is_loopback(base)


def test_a_path_is_of_the_esi_of_the_settings_and_a_url_of_its_host() -> None:
    ours = target_of("universe/types/587", ESI)
    theirs = target_of(f"{HERE}/universe/types/587?language=de", ESI)
    assert (ours.base, ours.path, ours.local) == (ESI, "/universe/types/587", False)
    assert (theirs.base, theirs.local) == (HERE, True)
    assert theirs.path == "/universe/types/587?language=de"
    assert ours.route == theirs.route


def test_any_path_may_be_served_here_and_only_esis_elsewhere() -> None:
    assert target_of(f"{HERE}/no/such?a=b&c", ESI).path == "/no/such?a=b&c="
    with pytest.raises(UsageError, match="no route /no/such"):
        target_of("https://esi.evetech.net/no/such", ESI)


@pytest.mark.parametrize(
    "text", ["/universe/types/{type_id}", "ftp://127.0.0.1/status", "http:///status", "://x"]
)
def test_what_cannot_be_asked_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        target_of(text, HERE)
    assert refused.value.hint


def test_urls_of_a_route_are_one_row_and_hosts_are_told_apart() -> None:
    types = [target_of(f"/universe/types/{n}", HERE) for n in (34, 587, 34)]
    status = target_of("/status", HERE)
    assert {name: len(some) for name, some in grouped([*types, status]).items()} == {
        "/universe/types/{type_id}": 2,
        "/status": 1,
    }
    elsewhere = target_of("http://127.0.0.1:9/status", HERE)
    assert list(grouped([status, elsewhere])) == [f"{HERE}/status", "http://127.0.0.1:9/status"]


def test_a_sweep_is_a_case_for_each_and_what_waits_for_nobody_is_done_by_one() -> None:
    target = target_of("/status", HERE)
    rows = [("/status", (target,), mode) for mode in (Mode.NETWORK, Mode.MEMORY)]
    swept = cases(rows, [Load(1), Load(10), Load(50)])
    assert [(case.mode, case.load.concurrency) for case in swept] == [
        (Mode.NETWORK, 1),
        (Mode.MEMORY, 1),
        (Mode.NETWORK, 10),
        (Mode.NETWORK, 50),
    ]
    assert len({case.key for case in swept}) == 4
