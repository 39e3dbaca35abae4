"""Which contract a slot shows in a cycle needs no other cycle, and fits all the others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eveobs.sandbox.succession import Ending, slots

pytestmark = pytest.mark.unit

CYCLES = st.integers(-5_000, 200_000)


@given(seed=st.integers(0, 9), index=st.integers(0, 59), cycle=CYCLES)
def test_a_contract_is_listed_from_its_birth_for_its_life(
    seed: int, index: int, cycle: int
) -> None:
    slot = slots(seed, 1, 60, [])[index]
    born = slot.born(cycle)
    if born is None:
        assert slot.born(cycle + slot.rest) is not None
        return
    assert born <= cycle < born + slot.life
    assert slot.is_birth(born)
    assert {slot.born(number) for number in (born, born + slot.life - 1)} == {born}
    assert slot.born(born - 1) != born
    assert slot.born(born + slot.life) != born


@given(seed=st.integers(0, 9))
def test_every_slot_is_taken_in_cycle_0_and_taken_contracts_had_not_expired(seed: int) -> None:
    for slot in slots(seed, 1, 200, []):
        assert slot.born(0) is not None
        assert slot.life - slot.duration == (slot.ending is Ending.LINGERS) or (
            slot.ending is Ending.TAKEN and slot.life < slot.duration
        )
