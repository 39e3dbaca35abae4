"""What players paste, in every way the game copies it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eveobs.analysis.pasting import Found, names, pasted, understood

pytestmark = pytest.mark.unit

KNOWN = {
    "tritanium": [34],
    "10mn afterburner ii": [12058],
    "425mm autocannon ii": [2913],
    "republic fleet emp m": [21894],
    "drake": [24698],
    "rifter blueprint": [691],
    "hobgoblin ii": [2456],
    "capital armor plates": [21017],
    "三钛合金": [34],
    "double": [1, 2],
}


def read(text: str) -> tuple[list[tuple[int, int, bool]], list[tuple[int, str]]]:
    found, unread = understood(pasted(text), KNOWN)
    return [(*one,) for one in found], [(one.number, one.why) for one in unread]


@pytest.mark.parametrize(
    ("line", "type_id", "quantity"),
    [
        ("Tritanium", 34, 1),
        ("tritanium 1000", 34, 1000),
        ("Tritanium x1000", 34, 1000),
        ("Tritanium x 1,000", 34, 1000),
        ("1000 Tritanium", 34, 1000),
        ("1000x Tritanium", 34, 1000),
        ("1 000 x Tritanium", 34, 1000),
        ("Tritanium\t1,000\tMineral\t\t\t10 m3\t4,150.00 ISK", 34, 1000),
        ("Tritanium\t1.000\tMineral\t\t\t10,00 m3\t4.150,00 ISK", 34, 1000),
        ("Tritanium\t1\u00a0000\tMinéral\t\t\t10 m3", 34, 1000),
        ("Tritanium\t1\u202f000", 34, 1000),
        ("Tritanium\t1’000", 34, 1000),
        ("Tritanium\t1000 шт.", 34, 1000),
        ("Tritanium\t1000 Stück", 34, 1000),
        ("三钛合金*\t1000\t矿物", 34, 1000),
        ("1000\tTritanium", 34, 1000),
        ("Tritanium    1,000    Mineral", 34, 1000),
        ("Tritanium\tMineral\tCargo Hold\t1000", 34, 1000),
        ("Tritanium\t1000\t4.15\t4,150.00", 34, 1000),
        ("Drake\t\tCombat Battlecruiser\tShip\t\t\t252,000 m3", 24698, 1),
        ("10MN Afterburner II", 12058, 1),
        ("10MN Afterburner II\t3\tPropulsion Module", 12058, 3),
        ("3 10MN Afterburner II", 12058, 3),
        ("425mm AutoCannon II x3", 2913, 3),
        ("425mm AutoCannon II /OFFLINE", 2913, 1),
        ("[Drake, all [weird] of, it]", 24698, 1),
    ],
)
def test_one_line(line: str, type_id: int, quantity: int) -> None:
    assert read(line) == ([(type_id, quantity, False)], [])


def test_a_fitting() -> None:
    text = (
        "[Drake, x]\n[Empty Low slot]\n\n425mm AutoCannon II, Republic Fleet EMP M\nHobgoblin II x5"
    )
    found, unread = read(text)
    assert found == [(24698, 1, False), (2913, 1, False), (21894, 1, False), (2456, 5, False)]
    assert unread == []


@pytest.mark.parametrize(
    "line",
    [
        "Rifter Blueprint\t1\tFrigate Blueprint\tBlueprint\tBLUEPRINT COPY - Runs: 10 - ME: 5",
        "Rifter Blueprint (Copy)\t1",
        "Rifter Blueprint (copy)",
    ],
)
def test_a_copy_is_not_the_blueprint(line: str) -> None:
    assert read(line) == ([(691, 1, True)], [])


def test_the_same_on_several_lines_is_one_sum() -> None:
    assert read("Tritanium 5\nTritanium\t7\nTotal:\t\t\t45,000.00")[0] == [(34, 12, False)]


def test_what_cannot_be_read_is_named() -> None:
    found, unread = read("Tritanium 5\nSomething odd\n\ndouble 3\nTritanium 99999999999999999999")
    assert found == [(34, 5, False)]
    assert unread == [
        (2, "no type has that name"),
        (4, "two types have that name: 1 and 2"),
        (5, "there is no such number of anything"),
    ]


SEPARATORS = st.sampled_from(["", ",", ".", "'", "’", "\u00a0", "\u202f"])
LAYOUTS = st.sampled_from(
    ["{n}\t{q}", "{n}\t{q}\tGroup\t\t10 m3", "{q}x {n}", "{n} x{q}", "{q} {n}"]
)


@given(
    st.lists(st.tuples(st.sampled_from(sorted(set(KNOWN) - {"double"})), st.integers(1, 10**12))),
    SEPARATORS,
    LAYOUTS,
)
def test_what_is_written_is_read(rows: list[tuple[str, int]], separator: str, layout: str) -> None:
    text = "\n".join(
        layout.format(n=name.title(), q=f"{number:,}".replace(",", separator))
        for name, number in rows
    )
    sums: dict[int, int] = {}
    for name, number in rows:
        sums[KNOWN[name][0]] = sums.get(KNOWN[name][0], 0) + number
    found, unread = understood(pasted(text), KNOWN)
    assert unread == []
    assert found == [Found(number, quantity, copy=False) for number, quantity in sums.items()]


@given(st.text(max_size=400))
def test_anything_else_is_an_answer_too(text: str) -> None:
    lines = pasted(text)
    assert all(0 < len(name) <= 150 for name in names(lines))
    understood(lines, KNOWN)
