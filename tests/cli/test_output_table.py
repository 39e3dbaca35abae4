"""A table keeps every row on one line of the terminal's width, and says as much as fits there."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eveobs.cli.output import Format, write_rows
from eveobs.cli.output.layout import GAP, Wish, arrange, share
from eveobs.cli.output.values import compact_amount, relative, show
from eveobs.cli.plain import cells
from eveobs.records.contracts import CONTRACTS, ITEMS
from eveobs.records.schema import Column
from tests.cli.hostile import ALL, KINDS, leaked

pytestmark = pytest.mark.unit

NOW = datetime(2026, 9, 23, 8, 11, 31, tzinfo=UTC)
FIELDS = [column.field for column in CONTRACTS.columns] + ["volume", "date_issued", "buyout"]


def row(number: int = 0, **other: object) -> dict[str, object]:
    return {
        "contract_id": 214_000_000 + number,
        "type": "item_exchange",
        "price": 1_250_000_000.0,
        "items_summary": "Prototype Cloaking Device I, 24 more",
        "title": "T2 fitted Gila - ready for abyss",
        "start_location_name": "Jita IV - Moon 4 - Caldari Navy Assembly Plant",
        "issuer_name": "Ivana Blueprint",
        "date_expired": NOW + timedelta(days=3, hours=4, minutes=5),
        "volume": 1200.5,
        "date_issued": NOW - timedelta(hours=2, minutes=50),
        **other,
    }


def table(
    rows: Sequence[dict[str, object]],
    width: int | None = 80,
    *,
    fields: list[str] | None = None,
    colour: bool = False,
    columns: Sequence[Column] = CONTRACTS.columns,
    encoding: str = "utf-8",
) -> str:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="")
    count = write_rows(
        rows,
        columns=columns,
        format=Format.TABLE,
        fields=fields,
        stream=stream,
        width=width,
        colour=colour,
        now=NOW,
        all_fields=FIELDS,
    )
    assert count == len(rows)
    return stream.detach().getvalue().decode(encoding)


def header(text: str) -> list[str]:
    return re.split(r" {2,}", text.splitlines()[0].strip())


def test_no_rows_are_no_output() -> None:
    assert table([]) == ""


def test_at_80_columns() -> None:
    assert table([row(), row(1, title="", items_summary="PLEX", price=999.0)]).splitlines() == [
        " Contract  Type           Price  Items                   Title             Ends",
        "214000000  item_exchange  1.25B  Prototype Cloaking De…  T2 fitted Gila…   3d 4h",
        "214000001  item_exchange    999  PLEX                                      3d 4h",
    ]


def test_at_40_columns() -> None:
    assert table([row()], 40).splitlines() == [
        " Contract  Price  Items            Ends",
        "214000000  1.25B  Prototype Cloa…  3d 4h",
    ]


def test_with_room_amounts_and_times_are_told_in_full() -> None:
    line = table([row()], 200).splitlines()[1]
    assert "1,250,000,000" in line
    assert "in 3d 4h" in line
    assert "Caldari Navy Assembly Plant" in line


def test_columns_give_way_by_rank_and_those_of_rank_1_stay() -> None:
    courier = row(
        reward=1_000_000.0, end_location_name="Amarr VIII (Oris) - Emperor Family Academy"
    )
    widths = range(260, 9, -1)
    seen = [header(table([courier], width)) for width in widths]
    assert len(seen[0]) == len(CONTRACTS.columns)
    assert [name for name, _ in zip(seen[0], seen[-1], strict=False)][:1] == ["Contract"]
    gone: dict[str, int] = {}
    for width, names in zip(widths, seen, strict=True):
        for column in CONTRACTS.columns:
            if column.title not in names and column.rank > 1:
                gone.setdefault(column.title, width)
    by_rank = sorted((c for c in CONTRACTS.columns if c.rank > 1), key=lambda c: -c.rank)
    assert sorted(gone, key=lambda title: -gone[title]) == [column.title for column in by_rank]


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "cp1252"])
@pytest.mark.parametrize("width", [200, 80, 40, 23])
@pytest.mark.parametrize("kind", KINDS)
def test_hostile_titles_stay_on_their_line_in_order(kind: str, width: int, encoding: str) -> None:
    rows = [
        row(n, title=text, items_summary=text, issuer_name=text, start_location_name=text)
        for n, text in enumerate(KINDS[kind])
    ]
    text = table(rows, width, encoding=encoding)
    assert leaked(text) == set()
    lines = text.split("\n")[1:-1]
    assert [line[:9] for line in lines] == [str(one["contract_id"]) for one in rows]
    assert max(map(cells, lines)) <= width
    assert not any(line != line.rstrip() for line in lines)


def test_colour_is_in_the_header_alone_and_only_when_asked_for() -> None:
    rows = [row(n, title=text) for n, text in enumerate(ALL)]
    assert "\x1b" not in table(rows)
    first, rest = table(rows, colour=True).split("\n", 1)
    assert first.startswith("\x1b[1m")
    assert first.endswith("\x1b[0m")
    assert "\x1b" not in rest


def test_into_a_pipe_goes_everything_and_times_as_esi_writes_them() -> None:
    text = table([row(title="x" * 300, buyout=None)], None)
    assert header(text) == [column.title for column in CONTRACTS.columns]
    assert "x" * 300 in text
    assert "2026-09-26T12:16:31Z" in text
    assert "1,250,000,000" in text
    assert "\t" not in text


def test_columns_with_nothing_in_them_give_way_on_a_terminal_only() -> None:
    rows = [{"is_included": True, "quantity": 25_000, "type_name": "PLEX", "runs": None}]
    assert header(table(rows, 80, columns=ITEMS.columns)) == ["Offered", "Quantity", "Type"]
    assert header(table(rows, None, columns=ITEMS.columns))[-1] == "Runs"


def test_fields_are_exactly_the_columns_whatever_the_width() -> None:
    fields = ["date_issued", "title", "volume", "contract_id", "buyout"]
    named = ["date_issued", "Title", "volume", "Contract", "buyout"]
    assert header(table([row()], 100, fields=fields)) == named
    assert re.split(" {2,}", table([row()], 100, fields=fields).splitlines()[1]) == [
        *("2h ago", "T2 fitted Gila - ready for abyss", "1,200.50", "214000000")
    ]
    narrow = table([row()], 30, fields=fields).splitlines()
    assert max(map(cells, narrow)) <= 30
    assert "…" in narrow[1]


def test_a_stream_without_unicode_gets_ascii_signs() -> None:
    rows = [{"is_included": True, "quantity": 1, "type_name": "Prototype Cloaking Device"}]
    text = table(rows, 38, columns=ITEMS.columns, encoding="ascii")
    assert text.splitlines()[1].split() == ["yes", "1", "Prototype", "Cloaki..."]


def test_amounts_of_a_column_agree_on_their_cents() -> None:
    assert show("isk", [1.5, 1000.0, None], None).full == ["1.50", "1,000.00", ""]
    assert show("isk", [1.0, 1000.0], None).full == ["1", "1,000"]


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        (0, "0"),
        (0.01, "0.01"),
        (999.0, "999"),
        (999.9, "1k"),
        (12_500.0, "12.5k"),
        (999_949.0, "1M"),
        (340e6, "340M"),
        (1_250_000_000.0, "1.25B"),
        (-2.5e12, "-2.5T"),
        (1.25e18, "1,250,000T"),
    ],
)
def test_compact_amounts(amount: float, shown: str) -> None:
    assert compact_amount(amount) == shown


@given(st.floats(0.01, 1e17))
def test_compact_amounts_are_right_to_three_figures(amount: float) -> None:
    text = compact_amount(amount).replace(",", "")
    units = {"k": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}
    told = float(text.rstrip("kMBT")) * units.get(text[-1], 1)
    assert told == pytest.approx(amount, rel=0.0051)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "now"),
        (40, "in 40s"),
        (-59, "59s ago"),
        (3600, "in 1h"),
        (3900, "in 1h 5m"),
        (-7300, "2h ago"),
        (86_400 * 3 + 3600 * 4, "in 3d 4h"),
        (86_400 * 120 + 3600, "in 120d"),
    ],
)
def test_times_are_told_from_now(seconds: int, shown: str) -> None:
    assert relative(NOW + timedelta(seconds=seconds), NOW) == shown
    naive = (NOW + timedelta(seconds=seconds)).replace(tzinfo=None)
    assert relative(naive, NOW) == shown


@pytest.mark.parametrize("kind", ["text", "id", "isk", "number", "volume", "time", "flag", ""])
def test_a_value_of_another_kind_is_shown_as_text(kind: str) -> None:
    values = ["\x1b[31mx", None, float("nan"), [1], {"a": "\u202e"}, NOW, True, 7, 1.5]
    for texts in show(kind, values, NOW)[:2]:
        assert len(texts) == len(values)
        assert leaked("".join(texts)) == set()
        assert texts[0] == "␛[31mx"


wishes = st.lists(
    st.builds(
        lambda compact, more, rank, flexible: Wish(compact + more, compact, rank, flexible),
        st.integers(1, 60),
        st.integers(0, 10),
        st.integers(1, 6),
        st.booleans(),
    ),
    min_size=1,
    max_size=8,
)


@given(wishes, st.integers(1, 200))
def test_what_is_arranged_fits_keeps_its_order_and_rank_1(columns: list[Wish], width: int) -> None:
    places = arrange(columns, width)
    kept = [place.index for place in places]
    assert kept == sorted(set(kept))
    assert {index for index, wish in enumerate(columns) if wish.rank == 1} <= set(kept)
    total = sum(place.width for place in places) + GAP * (len(places) - 1)
    assert total <= max(width, len(places) * (1 + GAP))
    assert all(place.width == columns[place.index].full for place in places if place.full)
    kept_least = sum(columns[index].least for index in kept) + GAP * (len(kept) - 1)
    if kept_least <= width:
        assert all(place.width >= columns[place.index].least for place in places)


@given(
    st.lists(st.tuples(st.integers(1, 50), st.integers(1, 50), st.integers(1, 3)), min_size=1),
    st.integers(0, 300),
)
def test_shares_are_between_the_least_and_what_is_wanted(
    columns: list[tuple[int, int, int]], room: int
) -> None:
    least = [min(pair[:2]) for pair in columns]
    wanted = [max(pair[:2]) for pair in columns]
    shares = share(wanted, room, least, [weight for *_, weight in columns])
    assert all(low <= got <= high for low, got, high in zip(least, shares, wanted, strict=True))
    assert sum(shares) == min(max(room, sum(least)), sum(wanted))


def test_output_loads_neither_rich_nor_records_by_itself() -> None:
    script = (
        "import sys, eveobs.cli.output, eveobs.cli.progress\n"
        "print([m for m in ('rich', 'msgspec', 'asyncio') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert done.stdout.decode().strip() == "[]"
