"""Every check has a name of its own and can be asked for alone; a home where nothing was done is
healthy.
"""

from __future__ import annotations

import pytest

from eveobs.errors import UsageError
from eveobs.operate.health.esi_look import EsiLook
from eveobs.operate.health.home import Home
from eveobs.operate.health.roster import ALL_NAMES, HEAVY, MAKERS, NAMES, ON_REQUEST, chosen
from tests.operate.health.homes import look

pytestmark = pytest.mark.unit


async def test_every_maker_makes_what_it_is_listed_for(home: Home) -> None:
    async with EsiLook(home) as esi:
        for names, maker in MAKERS.items():
            assert tuple(check.name for check in maker(home, esi)) == names
    assert len({*ALL_NAMES}) == len(ALL_NAMES)
    assert {*HEAVY} <= {*ALL_NAMES}


def test_names_are_chosen_in_the_order_they_are_shown() -> None:
    assert chosen(()) == NAMES
    assert not {*NAMES} & ON_REQUEST
    assert chosen([*ON_REQUEST]) == [*ON_REQUEST]
    assert chosen(["store", "cache", "store"]) == ["cache", "store"]
    with pytest.raises(UsageError, match="no check 'disk'") as caught:
        chosen(["cache", "disk"])
    assert "static-data" in (caught.value.hint or "")


async def test_a_home_where_nothing_was_done_is_healthy(home: Home) -> None:
    found = await look(home, *NAMES)
    assert [*found] == [*NAMES]
    ill = {name: one.finding.figure for name, one in found.items() if one.finding.state.number}
    assert ill == {}


@pytest.mark.parametrize("name", NAMES)
async def test_each_can_be_asked_for_alone(home: Home, name: str) -> None:
    assert [*(await look(home, name))] == [name]
