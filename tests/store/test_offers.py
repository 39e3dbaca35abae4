"""What a region sells is what its types sell, one after the other."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eveobs.store.store import Store
from tests.publish.bazaar import DAY, copy, sale, see
from tests.store.drafts import DOMAIN, FORGE, START

GOODS = st.sampled_from(
    [
        {},
        copy(),
        copy(runs=1),
        [copy(), copy()],
        [copy(), copy(runs=1)],
        [{}, {"type_id": 34}],
        [{}, {"is_included": False}],
        {"type_id": 34, "quantity": 5},
    ]
)
SALES = st.lists(st.tuples(GOODS, st.sampled_from([0.0, 5.0]), st.booleans()), max_size=8)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(SALES)
def test_a_region_sells_what_its_types_sell(found: list[tuple[object, float, bool]]) -> None:
    with Store("sqlite://") as store:
        for subject in (FORGE, DOMAIN):
            base = 100 if subject == DOMAIN else 0
            sales = [
                sale(base + n, price, date_expired=START + (9 if lasting else 1) * DAY)
                for n, (_, price, lasting) in enumerate(found, 1)
            ]
            goods = {base + n: one for n, (one, _, _) in enumerate(found, 1)}
            see(store, sales, goods, subject_id=subject)  # type: ignore[arg-type]
        moment = START + 2 * DAY
        every = list(store.selling([34, 587, 691], alive_after=moment))
        for region in (FORGE, DOMAIN):
            mine = sorted(one for one in every if one.region_id == region)
            assert sorted(store.selling_in(region, alive_after=moment)) == mine
