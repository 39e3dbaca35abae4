"""No bytes from outside end in a traceback, in a wait without end or in a change of what is stored."""

from __future__ import annotations

import resource
import time

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.security.corpus import CORPUS
from tests.security.doors import DOORS, HEADERS, enter

pytestmark = pytest.mark.unit

LONGEST = 5.0
"""Seconds that one input may take on a loaded machine."""
MOST_MEMORY = 200 * 1024
"""KiB by which one input may grow the process, at its peak."""
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4)
    ),
    max_leaves=12,
)


def _mutated(seed: bytes) -> st.SearchStrategy[bytes]:
    """`seed` with a piece cut out and another put in."""
    places = st.integers(0, len(seed))
    return st.builds(
        lambda start, end, piece: seed[: min(start, end)] + piece + seed[max(start, end) :],
        places, places, st.binary(max_size=24),
    )  # fmt: skip


def _strategy(door: str) -> st.SearchStrategy[bytes]:
    seeds = [seed for seed in CORPUS[door] if len(seed) < 2000]
    return st.one_of(
        st.binary(max_size=400), st.sampled_from(seeds).flatmap(_mutated), *_SHAPED.get(door, ())
    )


def _as_json(value: object) -> bytes:
    import json

    return json.dumps(value).encode("utf-8", "surrogatepass")


_SHAPED: dict[str, list[st.SearchStrategy[bytes]]] = {
    "headers": [
        st.builds(
            lambda status, values: bytes([status]) + "\n".join(values).encode("latin-1", "replace"),
            st.integers(0, 12),
            st.lists(st.integers().map(str) | st.floats().map(str) | st.datetimes().map(lambda moment: f"{moment:%a, %d %b %Y %H:%M:%S GMT}"),
                     max_size=len(HEADERS)),
        )
    ],
    "body": [_JSON.map(_as_json)],
    "cursor": [st.fixed_dictionaries({"rows": _JSON, "cursor": _JSON}).map(_as_json)],
    "token": [
        st.fixed_dictionaries(
            {"iss": st.just("http://127.0.0.1:1") | _JSON, "sub": st.just("CHARACTER:EVE:1") | _JSON,
             "aud": st.just(["client", "EVE Online"]) | _JSON, "exp": st.integers() | st.floats() | _JSON},
            optional={"scp": _JSON, "name": _JSON, "nbf": _JSON, "iat": _JSON},
        ).map(_as_json)
    ],
    "site": [_JSON.map(lambda value: b"j\n" + _as_json(value))],
    "question": [st.text(max_size=80).map(lambda text: f"SELECT {text}".encode("utf-8", "surrogatepass"))],
    "list": [st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass"))],
    "title": [st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass"))],
}  # fmt: skip


@pytest.mark.parametrize("door", DOORS)
def test_what_broke_a_door_once_does_not_again(door: str) -> None:
    for data in CORPUS[door]:
        before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
        enter(door, data)
        assert time.monotonic() - began < LONGEST, data[:80]
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MOST_MEMORY, data[:80]


@pytest.mark.parametrize("door", DOORS)
def test_no_bytes_break_a_door(door: str) -> None:
    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    @given(data=_strategy(door))
    @example(data=b"")
    def holds(data: bytes) -> None:
        enter(door, data)

    holds()
