"""What players paste, in every way the game copies it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eveobs.analysis.pasting import Understood, names, pasted, understood
from eveobs.analysis.quantities import looks_numeric, read_quantity

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
    "drones": [3436],
    "warrior ii": [2488],
    "helium isotopes": [16274],
    "damage control ii": [2048],
    "veldspar": [1230],
    "scimitar": [11978],
    "power diagnostic system ii": [2032],
    "wreck": [26468],
    "moon": [52673, 52674],
    "test": [99],
    "tayra": [649],
    "capsule": [670],
    "aqueous liquids": [2268],
    "garde ii": [28211],
    "zircon": [25618],
    "cap booster 25": [263],
    "bitumens": [45492],
    "stasis webifier ii": [527],
    "gravid stasis webifier mutaplasmid": [47699],
    "breacher": [598],
    "ytterbite": [45513],
    "exotic dancers, male": [3699],
    "*sneaks in a classic*": [30487],
}


UNPUBLISHED = {26468, 52673, 52674, 99}


def told(text: str) -> Understood:
    """What is understood of `text`; every line of it is in exactly one of the three."""
    understood_ = understood(pasted(text), KNOWN, UNPUBLISHED)
    lines = [n for n, line in enumerate(text.splitlines(), 1) if line.replace("\ufeff", "").strip()]
    named = [one.number for one in understood_.unread + understood_.no_items]
    assert sorted(understood_.counted + named) == lines
    return understood_


def read(text: str) -> tuple[list[tuple[int, int, bool | None]], list[tuple[int, str]]]:
    found = told(text)
    return [(*one,) for one in found.found], [(one.number, one.why) for one in found.unread]


def counts(text: str) -> dict[int, int]:
    sums: dict[int, int] = {}
    for number, quantity, _ in told(text).found:
        sums[number] = sums.get(number, 0) + quantity
    return sums


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
    assert counts(line) == {type_id: quantity}
    assert told(line).unread == []


def test_a_fitting() -> None:
    text = (
        "[Drake, x]\n[Empty Low slot]\n\n425mm AutoCannon II, Republic Fleet EMP M\nHobgoblin II x5"
    )
    assert counts(text) == {24698: 1, 2913: 1, 21894: 1, 2456: 5}
    assert [(one.number, one.why) for one in told(text).no_items] == [(2, "an empty slot")]
    assert told(text).unread == []


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
    text = "Tritanium 5\nTritanium\t7\nTotal:\t\t\t45,000.00"
    assert counts(text) == {34: 12}
    assert [(one.number, one.why) for one in told(text).no_items] == [(3, "a sum")]


def test_what_cannot_be_read_is_named() -> None:
    found, unread = read("Tritanium 5\nSomething odd\n\ndouble 3\nTritanium 99999999999999999999")
    assert found == [(34, 5, None)]
    assert unread == [
        (2, "no type has that name"),
        (4, "two types have that name: 1 and 2"),
        (5, "there is no such number of anything"),
    ]


@pytest.mark.parametrize(
    ("line", "quantity"),
    [
        ("Tritanium: 53333", 53333),
        ("Tritanium:53333", 53333),
        ("Tritanium = 53333", 53333),
        ("Tritanium - 53333", 53333),
        ("Tritanium;53333", 53333),
        ("53333,Tritanium", 53333),
        ("Tritanium (53333 Units)", 53333),
        ("Tritanium (1 Unit)", 1),
        ("Tritanium\t1\u2009000", 1000),
        ("Tritanium 1\u2009000", 1000),
        ("1 000 Tritanium", 1000),
        ("Tritanium\t1e3", 1000),
        ("Tritanium 1e3", 1000),
        ("Tritanium X 5", 5),
        ("Tritanium 5x", 5),
        ("Tritanium x 21163 (Item Exchange) ", 21163),
        ("Tritanium (Item Exchange)", 1),
        ("Tritanium\t53,333,000 (Item Exchange)", 53333000),
        ("Tritanium\t53333 (Auction)", 53333),
        ("Tritanium  53333 (Item Exchange)", 53333),
    ],
)
def test_numbers_that_counted_as_one(line: str, quantity: int) -> None:
    assert counts(line) == {34: quantity}
    assert told(line).doubts == []


@pytest.mark.parametrize(
    ("line", "quantity", "words"),
    [
        ("Tritanium\t12,5", 12, "12,5 is read as 12"),
        ("Tritanium 12.5", 12, "12.5 is read as 12"),
        ("123.12\tTritanium", 123, "123.12 is read as 123"),
        ("Tritanium\t1.000", 1000, "1.000 is read as 1000"),
    ],
)
def test_a_number_that_may_mean_something_else_is_named(
    line: str, quantity: int, words: str
) -> None:
    assert counts(line) == {34: quantity}
    assert [one.why for one in told(line).doubts] == [words]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("Tritanium\t12..5", "'12..5' is no quantity"),
        ("Tritanium\t-5", "'-5' is no quantity"),
        ("Tritanium\t5k", "'5k' is no quantity"),
        ("Tritanium\t1,00,000\t100", "'1,00,000' is no quantity"),
        ("Tritanium\tMineral\t10 m3", "it does not say how many"),
        ("Tritanium 5k", "'5k' is no quantity"),
        ("Tritanium x5k", "'x5k' is no quantity"),
        ("Tritanium 5 k", "'5 k' is no quantity"),
        ("Tritanium: 12..5", "'12..5' is no quantity"),
        ("Tritanium -5", "'-5' is no quantity"),
        ("5k Tritanium", "'5k' is no quantity"),
        ("Tritanium\t53,333 (who knows)", "'53,333 (who knows)' is no quantity"),
        ("Tritanium\t5 handfuls", "'5 handfuls' is no quantity"),
        ("Zork 5k", "no type has that name"),
        ("Tritanium: many", "no type has that name"),
        ("note: buy low, sell high", "no type has that name"),
        ("Name: Zork", "no type has that name"),
        ("[Multiple Items] (Item Exchange)", "no type has that name"),
        ("[Tritanium]", "no type has that name"),
        ("03:21:19 X has looted many x Tritanium", "no type has that name"),
    ],
)
def test_a_number_that_is_none_is_never_one(line: str, words: str) -> None:
    assert read(line) == ([], [(1, words)])


def test_names_with_numbers_and_marks_stay_whole() -> None:
    assert counts("Cap Booster 25") == {263: 1}
    assert counts("Cap Booster 25 150") == {263: 150}
    assert counts("Cap Booster 25 1 500") == {263: 1500}
    assert counts("Exotic Dancers, Male 3") == {3699: 3}
    assert counts("*Sneaks in a classic* x2") == {30487: 2}


def test_headings_of_a_fitting_window() -> None:
    text = (
        "High power\n5x 425mm AutoCannon II\nLow power\nLow power\n1x Damage Control II\n"
        "Charges\n8,718x Republic Fleet EMP M\nDrones\n12 Warrior II\nFuel\nHelium Isotopes"
    )
    assert counts(text) == {2913: 5, 2048: 1, 21894: 8718, 2488: 12, 16274: 1}
    assert [one.number for one in told(text).no_items] == [1, 3, 4, 6, 8, 10]
    assert counts("Drones\n12 Warrior II") == {2488: 12}
    assert counts("Drones") == {3436: 1}, "the skill"
    assert counts("Drones 2\n12 Warrior II") == {3436: 2, 2488: 12}
    assert counts("Drones\nRifter Blueprint") == {3436: 1, 691: 1}


@pytest.mark.parametrize("line", ["Wreck", "test 5", "Moon\t1"])
def test_unpublished_types_are_no_items(line: str) -> None:
    found = told(f"Tritanium 5\n{line}")
    assert [(one.number, one.why) for one in found.no_items] == [
        (2, "it is no item that can be owned")
    ]
    assert found.unread == []


@pytest.mark.parametrize(
    ("line", "quantity", "copy"),
    [
        ("10 Rifter Blueprint (Original)", 10, False),
        ("10 Rifter Blueprint (Copy)", 10, True),
        ("Rifter Blueprint x 3 (Original)", 3, False),
        ("Rifter Blueprint x 3 (Copy)", 3, True),
        ("Rifter Blueprint\t3 (Original)", 3, False),
        ("Rifter Blueprint (Copy) 3 (Item Exchange)", 3, True),
        ("Rifter Blueprint\t1\tFrigate Blueprint\tBlueprint\t\t\t0.01 m3", 1, None),
        (
            "Rifter Blueprint\t1\tFrigate Blueprint\tBlueprint\t\t\t0.01 m3\t2,800,000.00 ISK",
            1,
            False,
        ),
        ("Rifter Blueprint", 1, None),
        ("Rifter Blueprint\t10\t20\t-1\t0\tNowhere\tItem hangar\tFrigate", 1, False),
        ("Rifter Blueprint\t10\t0\t-1\t2\tNowhere\tItem hangar\tFrigate", 1, True),
        ("2 x Rifter Blueprint\t0\t0\t-1\t3\tNowhere\tItem hangar\tFrigate", 2, True),
        ("Rifter Blueprint\t0\t0\t1\tFrigate", 1, True),
        ("Rifter Blueprint\t10\t20\t-1\tNowhere", 1, False),
        ("Rifter Blueprint\t45\t3\t5", 45, None),
    ],
)
def test_a_blueprint_is_a_copy_an_original_or_not_known(
    line: str, quantity: int, copy: bool | None
) -> None:
    assert read(line) == ([(691, quantity, copy)], [])


def test_a_mutated_module_of_pyfa() -> None:
    text = (
        "[Drake, x]\nDamage Control II\n\nStasis Webifier II [1]\n\n\n[1] Stasis Webifier II\n"
        "  Gravid Stasis Webifier Mutaplasmid\n  cpu 24.5, maxRange 15234.12, speedFactor -61.2\n"
        "\n425mm AutoCannon II"
    )
    assert counts(text) == {24698: 1, 2048: 1, 2913: 1}
    found = told(text)
    assert [(one.number, one.why) for one in found.unread] == [
        (4, "a mutated module has no market price")
    ]
    assert [one.number for one in found.no_items] == [7, 8, 9]
    assert counts("[1] Foo\nTritanium 5\nVeldspar 3") == {34: 5, 1230: 3}, "only in a fitting"


def test_a_directional_scan() -> None:
    text = (
        "+\tDrake\t3,225 m\nsome dude's Drake\tDrake\t-\nWreck\tTayra\t82 km\n"
        "Otanuomi V - Moon 11\tMoon\t10.4 AU\nx\tDrake\t3\u00a0225 m\n"
        "670\tTritanium\tCapsule\t12 km\n670\tDouble\tCapsule\t-"
    )
    assert counts(text) == {24698: 3, 649: 1, 670: 2}, "names of ships are not looked up"
    assert [one.number for one in told(text).no_items] == [4]


def test_a_wallet() -> None:
    text = (
        "2014.01.04 05:49:31\tMarket Escrow\t-251.00 ISK\t325.22 ISK\tMarket escrow\n"
        "2014.01.04 16:08\tTritanium\t200,000.00 ISK\t3\t-200,000.00 ISK\tISK\tDrake\tJita\n"
        "2014.12.19 20:04\tVeldspar\t7'999'996.10 ISK\t1'000\t7'999'996.10 ISK\tISK\tX\tJita\n"
        "2014.12.19 20:04\tVeldspar\t7.10 ISK\t1..0\t7.10 ISK\tISK\tX\tJita"
    )
    assert counts(text) == {34: 3, 1230: 1000}
    found = told(text)
    assert [one.number for one in found.no_items] == [1]
    assert [one.number for one in found.unread] == [4]


def test_ledgers_of_mining_and_moons() -> None:
    text = (
        "Timestamp\tOre Type\tQuantity\tVolume\tEst. Price\tSolar System\tOre TypeID\tSolar\n"
        "2017.10.11\tVeldspar\t349\t5584.0\t962,161\tZ-Y9C3\t17428\t30003124\n"
        "2019.01.19\tTritanium\tminer 1\tYtterbite\t8,625\t86,250 m³\t70,377,757 ISK"
    )
    assert counts(text) == {1230: 349, 45513: 8625}
    assert [one.number for one in told(text).no_items] == [1]


def test_a_loot_history() -> None:
    text = (
        "03:21:19 Some dude has looted 5 x Garde II\n"
        "03:21:19 I has looted 99 x Drake has looted 5'000 x Garde II"
    )
    assert counts(text) == {28211: 5005}


def test_planets() -> None:
    text = (
        "331.0\tAqueous Liquids\tNot routed\n331\tAqueous Liquids\tRouted\n"
        "\tAqueous Liquids\t305.0\t3.05\n\tAqueous Liquids\t205.0"
    )
    assert counts(text) == {2268: 331 + 331 + 305 + 205}
    assert told(text).doubts == []


def test_a_survey_scan() -> None:
    text = "Veldspar\nVeldspar\t10\t12 km\nVeldspar\t26,644\t6,115 m"
    assert counts(text) == {1230: 26654}
    assert [(one.number, one.why) for one in told(text).no_items] == [(1, "a group of asteroids")]


def test_a_moon_scan_has_no_quantities() -> None:
    text = (
        "Moon\tMoon Product\tQuantity\tOre TypeID\tSolarSystemID\tPlanetID\tMoonID\n"
        "OP9L-F II - Moon 1\n\tBitumens\t0.300030559301\t45492\t30002173\t40138526\t40138527\n"
        "Rahadalon V - Moon 2\t\t\t\t\t\t"
    )
    assert counts(text) == {}
    assert [one.number for one in told(text).no_items] == [1, 2, 3, 4]


def test_a_killmail() -> None:
    text = (
        "2013.06.15 17:28:00\n\nVictim: Tritanium\nCorp: X\nAlliance: Y\nFaction: Unknown\n"
        "Destroyed: Scimitar\nSystem: Jita\nSecurity: 0.9\nDamage Taken: 14194\n\n"
        "Involved parties:\n\nName: G (laid the final blow)\nShip: Drake\nWeapon: Drake\n"
        "Damage Done: 14194\n\nDestroyed items:\n\nWarrior II, Qty: 3 (Drone Bay)\n"
        "Damage Control II\nPower Diagnostic System II (Cargo)\n\nDropped items:\n\n"
        "Warrior II (Drone Bay)\nRifter Blueprint (Copy) (Cargo)\n"
    )
    assert counts(text) == {11978: 1, 2488: 4, 2048: 1, 2032: 1, 691: 1}
    assert (691, 1, True) in told(text).found
    assert told(text).unread == []


def test_material_information_of_the_industry_window() -> None:
    text = (
        "Minerals\t\t\t\t\nItem\tRequired\tAvailable\tEst. Unit price\ttypeID\n"
        "Tritanium\t294\t0\t14872.75\t34\n\nOptional items\t\t\t\t\n"
        "Item\tRequired\tAvailable\tEst. Unit price\ttypeID\nNo item selected\t\t\t\t"
    )
    assert counts(text) == {34: 294}
    assert told(text).unread == []


PLAIN = sorted(set(KNOWN) - {"double", "drones", "wreck", "moon", "test"})
SEPARATORS = st.sampled_from(["", ",", ".", "'", "’", "\u00a0", "\u202f"])
LAYOUTS = st.sampled_from(
    ["{n}\t{q}", "{n}\t{q}\tGroup\t\t10 m3", "{q}x {n}", "{n} x{q}", "{q} {n}"]
)


@given(
    st.lists(st.tuples(st.sampled_from(PLAIN), st.integers(1, 10**12))),
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
    found = told(text)
    assert found.unread == []
    assert [(one.type_id, one.quantity) for one in found.found] == [*sums.items()]


CELLS = st.one_of(
    st.from_regex(r"[-+]?[0-9.,' ]{1,12}(?:e[0-9])?", fullmatch=True),
    st.text(st.characters(exclude_characters="\t", exclude_categories=["Cs", "Cc", "Zl", "Zp"])),
)
LINES = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        [
            *("High power", "Drones", "[Drake, x]", "[1] x", "Victim: x", "Destroyed items:"),
            *("Moon\tMoon Product", "Veldspar\t5\t12 km", "Item\tRequired", "Total: 5", "x: 5"),
            *("2014.01.04 16:08\tTritanium\t3", "2014.01.04\tEscrow\t5.00 ISK", "Wreck", "test"),
        ]
    ),
    st.builds("{}\t{}".format, st.sampled_from(PLAIN), CELLS),
    st.builds("{}: {}".format, st.sampled_from(PLAIN), CELLS),
    st.builds("{} {}".format, CELLS, st.sampled_from(PLAIN)),
)


@given(st.lists(LINES, max_size=8), st.sampled_from(["\n", "\r\n"]))
def test_every_line_is_counted_or_named(lines: list[str], end: str) -> None:
    told(end.join(lines))


@given(st.sampled_from(PLAIN), CELLS)
def test_no_number_ever_counts_as_one_without_being_one(name: str, cell: str) -> None:
    """What is behind a name is its number; or it is no number, or the line is named."""
    found = told(f"{name}\t{cell}")
    quantity = read_quantity(cell)
    if found.found and quantity is not None:
        assert sum(one.quantity for one in found.found) == quantity.value
        assert bool(found.doubts) == (quantity.cut or quantity.two_readings)
    elif found.found:
        assert not looks_numeric(cell.strip())


@given(st.text(max_size=400))
def test_anything_else_is_an_answer_too(text: str) -> None:
    assert all(0 < len(name) <= 150 for name in names(pasted(text)))
    told(text)


def test_a_line_without_end_costs_nothing() -> None:
    line = "03:21:19 x" + " has looted 5 x y" * 100_000
    assert read(f"Tritanium 5\n{line}\nDrake") == (
        [(34, 5, None), (24698, 1, None)],
        [(2, "it is too long")],
    )
