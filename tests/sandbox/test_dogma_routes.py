"""Dynamic items of the sandbox: the same each time, and no two alike."""

from __future__ import annotations

import msgspec
import pytest

from eveobs.processors.dynamic_items import Dogma
from eveobs.sandbox.answers import Call, RefusedError
from eveobs.sandbox.dogma_routes import NOT_DYNAMIC, DogmaRoutes
from eveobs.sandbox.universe import ABYSSAL_TYPES, MADE_OF

pytestmark = pytest.mark.unit

MAKERS = (2112000001, 2112000002)
NOW = 1_790_000_000.0


def item(type_id: int, item_id: int) -> Dogma:
    call = Call(NOW, (str(type_id), str(item_id)), "", b"")
    body = DogmaRoutes(MAKERS).item(call).body
    assert body is not None
    return msgspec.json.decode(body.data, type=Dogma)


def test_an_item_is_what_it_is() -> None:
    for order, kind in enumerate(ABYSSAL_TYPES):
        one = item(kind.id, 2**41 + 1)
        assert one == item(kind.id, 2**41 + 1)
        assert one.dogma_attributes != item(kind.id, 2**41 + 2).dogma_attributes
        assert one.source_type_id == MADE_OF[2 * order].id
        assert one.mutator_type_id == MADE_OF[2 * order + 1].id
        assert one.created_by in MAKERS


@pytest.mark.parametrize(("type_id", "item_id"), [(587, 2**41 + 1), (ABYSSAL_TYPES[0].id, 31)])
def test_what_is_not_dynamic_is_520(type_id: int, item_id: int) -> None:
    with pytest.raises(RefusedError) as refused:
        item(type_id, item_id)
    assert refused.value.answer.status == NOT_DYNAMIC
