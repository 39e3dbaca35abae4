"""The places and things of the sandbox: a hand-picked few that every player knows.

Names and ids are EVE Online's and belong to CCP hf. Prices are rough, only their order matters.
"""

from __future__ import annotations

from typing import NamedTuple

BLUEPRINT = 9
SHIP = 6
LARGEST = 50


class Region(NamedTuple):
    """`weight` is the region's share of all contracts, in percent; 0: it has none."""

    id: int
    name: str
    weight: int


class Constellation(NamedTuple):
    """A group of systems."""

    id: int
    name: str
    region_id: int


class Station(NamedTuple):
    """A station of the game's own (players' structures have ids above 10^12 and no public name)."""

    id: int
    name: str
    system_id: int
    system: str
    constellation_id: int


class Type(NamedTuple):
    """`volume` in m³, `price` in ISK. Category 9 is Blueprint, 6 Ship."""

    id: int
    name: str
    group_id: int
    category_id: int
    volume: float
    price: float


REGIONS: tuple[Region, ...] = (
    Region(10000002, "The Forge", LARGEST),
    Region(10000043, "Domain", 14),
    Region(10000032, "Sinq Laison", 8),
    Region(10000042, "Metropolis", 7),
    Region(10000030, "Heimatar", 6),
    Region(10000064, "Essence", 5),
    Region(10000033, "The Citadel", 5),
    Region(10000016, "Lonetrek", 5),
    Region(10000044, "Solitude", 0),
)

CONSTELLATIONS: tuple[Constellation, ...] = (
    Constellation(20000020, "Kimotoro", 10000002),
    Constellation(20000322, "Throne Worlds", 10000043),
    Constellation(20000509, "Parud", 10000043),
    Constellation(20000389, "Coriault", 10000032),
    Constellation(20000302, "Barvigrard", 10000042),
    Constellation(20000494, "Ankard", 10000042),
    Constellation(20000367, "Ortner", 10000030),
    Constellation(20000370, "Odengsolf", 10000030),
    Constellation(20000727, "Crux", 10000064),
    Constellation(20000401, "Imurukka", 10000033),
    Constellation(20000412, "Isoma", 10000033),
    Constellation(20000199, "Koichi", 10000016),
    Constellation(20000205, "Minnen", 10000016),
    Constellation(20000520, "Braille", 10000044),
)

STATIONS: tuple[Station, ...] = (
    Station(60003760, "Jita IV - Moon 4 - Caldari Navy Assembly Plant", 30000142, "Jita", 20000020),
    Station(
        60003763,
        "Maurasi IX - Moon 12 - Caldari Navy Assembly Plant",
        30000140,
        "Maurasi",
        20000020,
    ),
    Station(
        60000685,
        "Perimeter VII - Poksu Mineral Group Mineral Reserve",
        30000144,
        "Perimeter",
        20000020,
    ),
    Station(60008494, "Amarr VIII (Oris) - Emperor Family Academy", 30002187, "Amarr", 20000322),
    Station(60008875, "Ashab VII - Moon 16 - Civic Court Accounting", 30003491, "Ashab", 20000509),
    Station(
        60011866,
        "Dodixie IX - Moon 20 - Federation Navy Assembly Plant",
        30002659,
        "Dodixie",
        20000389,
    ),
    Station(
        60011875,
        "Vylade VII - Moon 6 - Federation Navy Logistic Support",
        30002655,
        "Vylade",
        20000389,
    ),
    Station(60005686, "Hek VIII - Moon 12 - Boundless Creation Factory", 30002053, "Hek", 20000302),
    Station(
        60002146,
        "Eygfe VII - Moon 9 - Ishukone Corporation Factory",
        30003392,
        "Eygfe",
        20000494,
    ),
    Station(60004588, "Rens VI - Moon 8 - Brutor Tribe Treasury", 30002510, "Rens", 20000367),
    Station(60004615, "Frarn VI - Moon 18 - Brutor Tribe Bureau", 30002526, "Frarn", 20000370),
    Station(60003262, "Oursulaert VIII - Modern Finances Vault", 30004969, "Oursulaert", 20000727),
    Station(
        60011749,
        "Luminaire VII (Caldari Prime) - Moon 6 - Federation Navy Assembly Plant",
        30004967,
        "Luminaire",
        20000727,
    ),
    Station(60014665, "Eitu VI - Moon 3 - State War Academy", 30002740, "Eitu", 20000401),
    Station(
        60005203,
        "Tama VII - Moon 9 - Republic Security Services Testing Facilities",
        30002813,
        "Tama",
        20000412,
    ),
    Station(60003862, "Nonni I - Caldari Navy Assembly Plant", 30001401, "Nonni", 20000205),
    Station(
        60000763,
        "Sobaseki XIII - Moon 3 - Poksu Mineral Group Mineral Reserve",
        30001363,
        "Sobaseki",
        20000199,
    ),
)

TYPES: tuple[Type, ...] = (
    Type(587, "Rifter", 25, 6, 27289.0, 6e5),
    Type(603, "Merlin", 25, 6, 16500.0, 6e5),
    Type(597, "Punisher", 25, 6, 28600.0, 6e5),
    Type(594, "Incursus", 25, 6, 29500.0, 6e5),
    Type(32880, "Venture", 25, 6, 29500.0, 8e5),
    Type(621, "Caracal", 26, 6, 92000.0, 1.4e7),
    Type(17715, "Gila", 26, 6, 101000.0, 2.8e8),
    Type(12005, "Ishtar", 358, 6, 115000.0, 2.4e8),
    Type(29990, "Loki", 963, 6, 80000.0, 3.1e8),
    Type(29984, "Tengu", 963, 6, 92000.0, 2.9e8),
    Type(24698, "Drake", 419, 6, 252000.0, 7e7),
    Type(24702, "Hurricane", 419, 6, 216000.0, 7.5e7),
    Type(638, "Raven", 27, 6, 470000.0, 2.6e8),
    Type(645, "Dominix", 27, 6, 454500.0, 2.3e8),
    Type(644, "Typhoon", 27, 6, 414000.0, 2.4e8),
    Type(17918, "Rattlesnake", 27, 6, 470000.0, 6.5e8),
    Type(17738, "Machariel", 27, 6, 470000.0, 6.1e8),
    Type(28665, "Vargur", 900, 6, 450000.0, 1.5e9),
    Type(28710, "Golem", 900, 6, 470000.0, 1.6e9),
    Type(28606, "Orca", 941, 6, 10250000.0, 1.6e9),
    Type(20185, "Charon", 513, 6, 16250000.0, 2.4e9),
    Type(20183, "Providence", 513, 6, 18500000.0, 2.4e9),
    Type(20187, "Obelisk", 513, 6, 17550000.0, 2.3e9),
    Type(20189, "Fenrir", 513, 6, 15500000.0, 2.2e9),
    Type(28352, "Rorqual", 883, 6, 14500000.0, 5e9),
    Type(23911, "Thanatos", 547, 6, 13095000.0, 2.9e9),
    Type(19720, "Revelation", 485, 6, 18500000.0, 4.5e9),
    Type(34, "Tritanium", 18, 4, 0.01, 4.2),
    Type(35, "Pyerite", 18, 4, 0.01, 18.0),
    Type(36, "Mexallon", 18, 4, 0.01, 72.0),
    Type(37, "Isogen", 18, 4, 0.01, 240.0),
    Type(38, "Nocxium", 18, 4, 0.01, 780.0),
    Type(39, "Zydrine", 18, 4, 0.01, 1250.0),
    Type(40, "Megacyte", 18, 4, 0.01, 3100.0),
    Type(11399, "Morphite", 18, 4, 0.01, 5.2e4),
    Type(17888, "Nitrogen Isotopes", 423, 4, 0.03, 640.0),
    Type(44992, "PLEX", 1875, 5, 0.0002, 5.6e6),
    Type(40520, "Large Skill Injector", 1739, 5, 0.01, 9.1e8),
    Type(40519, "Skill Extractor", 1301, 5, 0.01, 4.4e8),
    Type(2048, "Damage Control II", 60, 7, 5.0, 5.5e5),
    Type(22291, "Ballistic Control System II", 367, 7, 5.0, 8e5),
    Type(12058, "10MN Afterburner II", 46, 7, 5.0, 3.4e6),
    Type(12076, "50MN Microwarpdrive II", 46, 7, 10.0, 4.4e6),
    Type(3841, "Large Shield Extender II", 38, 7, 20.0, 1.6e6),
    Type(448, "Warp Scrambler II", 52, 7, 5.0, 1.2e6),
    Type(527, "Stasis Webifier II", 65, 7, 5.0, 1e6),
    Type(20353, "1600mm Steel Plates II", 329, 7, 20.0, 3.9e6),
    Type(519, "Gyrostabilizer II", 59, 7, 5.0, 9e5),
    Type(2410, "Heavy Missile Launcher II", 510, 7, 10.0, 2.1e6),
    Type(2913, "425mm AutoCannon II", 55, 7, 10.0, 2.6e6),
    Type(1319, "Expanded Cargohold II", 765, 7, 5.0, 6e5),
    Type(15681, "Caldari Navy Ballistic Control System", 367, 7, 5.0, 8.5e7),
    Type(15806, "Republic Fleet Gyrostabilizer", 59, 7, 5.0, 9.5e7),
    Type(19198, "Gist X-Type X-Large Shield Booster", 40, 7, 50.0, 1.3e9),
    Type(2185, "Hammerhead II", 100, 18, 10.0, 9e5),
    Type(2456, "Hobgoblin II", 100, 18, 5.0, 4e5),
    Type(28668, "Nanite Repair Paste", 916, 8, 0.01, 2.9e4),
    Type(230, "Antimatter Charge M", 85, 8, 0.0125, 20.0),
    Type(209, "Scourge Heavy Missile", 385, 8, 0.03, 32.0),
    Type(691, "Rifter Blueprint", 105, 9, 0.01, 3e6),
    Type(950, "Merlin Blueprint", 105, 9, 0.01, 3e6),
    Type(32881, "Venture Blueprint", 105, 9, 0.01, 4e6),
    Type(17716, "Gila Blueprint", 106, 9, 0.01, 1.6e8),
    Type(12006, "Ishtar Blueprint", 106, 9, 0.01, 2.2e7),
    Type(29991, "Loki Blueprint", 996, 9, 0.01, 3e7),
    Type(24699, "Drake Blueprint", 489, 9, 0.01, 6e8),
    Type(24703, "Hurricane Blueprint", 489, 9, 0.01, 5.5e8),
    Type(688, "Raven Blueprint", 107, 9, 0.01, 1.5e9),
    Type(999, "Dominix Blueprint", 107, 9, 0.01, 1.4e9),
    Type(17739, "Machariel Blueprint", 107, 9, 0.01, 4e8),
    Type(17919, "Rattlesnake Blueprint", 107, 9, 0.01, 4.2e8),
    Type(20186, "Charon Blueprint", 525, 9, 0.01, 1.9e9),
    Type(20188, "Obelisk Blueprint", 525, 9, 0.01, 1.9e9),
    Type(28607, "Orca Blueprint", 945, 9, 0.01, 1.1e9),
    Type(28353, "Rorqual Blueprint", 944, 9, 0.01, 3.2e9),
    Type(23912, "Thanatos Blueprint", 643, 9, 0.01, 2.1e9),
    Type(21018, "Capital Armor Plates Blueprint", 915, 9, 0.01, 9e8),
    Type(21038, "Capital Construction Parts Blueprint", 915, 9, 0.01, 8e8),
    Type(2047, "Damage Control I Blueprint", 140, 9, 0.01, 5e5),
    Type(1145, "Antimatter Charge M Blueprint", 167, 9, 0.01, 1.2e6),
    Type(2455, "Hobgoblin I Blueprint", 176, 9, 0.01, 6e5),
    Type(36966, "Astrahus Blueprint", 1462, 9, 0.01, 1.8e9),
    Type(36971, "Raitaru Blueprint", 1462, 9, 0.01, 1.5e9),
)

OTHER_TYPES: tuple[Type, ...] = (
    Type(27, "Office", 16, 3, 1.0, 0.0),
    Type(17366, "Station Container", 448, 2, 2000000.0, 8e5),
    Type(17368, "Station Warehouse Container", 448, 2, 10000000.0, 9e7),
    Type(35825, "Raitaru", 1404, 65, 8000.0, 6e8),
    Type(35832, "Astrahus", 1657, 65, 8000.0, 9e8),
    Type(35835, "Athanor", 1406, 65, 8000.0, 8e8),
    Type(2046, "Damage Control I", 60, 7, 5.0, 3e4),
    Type(2454, "Hobgoblin I", 100, 18, 5.0, 2e4),
    Type(21017, "Capital Armor Plates", 873, 17, 2000.0, 9e6),
    Type(21037, "Capital Construction Parts", 873, 17, 2000.0, 8e6),
    Type(2267, "Base Metals", 1032, 42, 0.005, 4.0),
    Type(2268, "Aqueous Liquids", 1033, 42, 0.005, 5.0),
    Type(2398, "Reactive Metals", 1042, 43, 0.19, 500.0),
    Type(3645, "Water", 1042, 43, 0.19, 450.0),
    Type(2473, "Barren Basic Industry Facility", 1028, 41, 0.0, 0.0),
    Type(2524, "Barren Command Center", 1027, 41, 1000.0, 9e4),
    Type(2544, "Barren Launchpad", 1030, 41, 0.0, 0.0),
    Type(2848, "Barren Extractor Control Unit", 1063, 41, 0.0, 0.0),
    Type(2016, "Planet (Barren)", 7, 2, 1.0, 0.0),
    Type(2254, "Temperate Command Center", 1027, 41, 1000.0, 9e4),
    Type(2256, "Temperate Launchpad", 1030, 41, 0.0, 0.0),
    Type(2481, "Temperate Basic Industry Facility", 1028, 41, 0.0, 0.0),
    Type(3068, "Temperate Extractor Control Unit", 1063, 41, 0.0, 0.0),
    Type(11, "Planet (Temperate)", 7, 2, 1.0, 0.0),
    Type(2495, "Interplanetary Consolidation", 1241, 16, 0.01, 1e6),
    Type(2505, "Command Center Upgrades", 1241, 16, 0.01, 1e6),
    Type(3300, "Gunnery", 255, 16, 0.01, 4e4),
    Type(3327, "Spaceship Command", 257, 16, 0.01, 4e4),
    Type(3380, "Industry", 268, 16, 0.01, 4e4),
    Type(3385, "Reprocessing", 1218, 16, 0.01, 4e4),
    Type(3387, "Mass Production", 268, 16, 0.01, 1e5),
    Type(3388, "Advanced Industry", 268, 16, 0.01, 1e6),
    Type(3392, "Mechanics", 1210, 16, 0.01, 4e4),
    Type(3402, "Science", 270, 16, 0.01, 4e4),
    Type(3403, "Research", 270, 16, 0.01, 1e5),
    Type(3413, "Power Grid Management", 1216, 16, 0.01, 4e4),
    Type(3416, "Shield Operation", 1209, 16, 0.01, 4e4),
    Type(3426, "CPU Management", 1216, 16, 0.01, 4e4),
    Type(3443, "Trade", 274, 16, 0.01, 1e5),
    Type(16622, "Accounting", 274, 16, 0.01, 5e6),
    Type(24268, "Supply Chain Management", 268, 16, 0.01, 3e7),
)
"""What is not traded by contract: containers, structures, planetary industry, skills."""

MICROWARPDRIVE, WEBIFIER = 47408, 47702
ABYSSAL_TYPES: tuple[Type, ...] = (
    Type(MICROWARPDRIVE, "50MN Abyssal Microwarpdrive", 46, 7, 10.0, 5e7),
    Type(WEBIFIER, "Abyssal Stasis Webifier", 65, 7, 5.0, 9e7),
)
"""What mutaplasmids make, no two of them alike."""
MADE_OF: tuple[Type, ...] = (
    Type(5975, "50MN Cold-Gas Enduring Microwarpdrive", 46, 7, 10.0, 5e6),
    Type(47297, "Unstable 50MN Microwarpdrive Mutaplasmid", 1964, 17, 1.0, 3e7),
    Type(527, "Stasis Webifier II", 65, 7, 5.0, 1e6),
    Type(47701, "Gravid Stasis Webifier Mutaplasmid", 1964, 17, 1.0, 4e7),
)
"""Of each of those in turn the source and the mutaplasmid; not traded here."""

COMMISSION = 1000132
NPCS = {COMMISSION: "Secure Commerce Commission"}
"""Corporations of the game's own; that one takes the fees of the market."""

ALL_TYPES = TYPES + OTHER_TYPES + ABYSSAL_TYPES + MADE_OF
SKILL = 16
SKILLS = tuple(kind for kind in OTHER_TYPES if kind.category_id == SKILL)
BLUEPRINTS = tuple(kind for kind in TYPES if kind.category_id == BLUEPRINT)
THINGS = tuple(kind for kind in TYPES if kind.category_id != BLUEPRINT)
REGION_BY_ID = {region.id: region for region in REGIONS}
TYPE_BY_ID = {kind.id: kind for kind in ALL_TYPES}
REGION_OF_CONSTELLATION = {place.id: place.region_id for place in CONSTELLATIONS}


def stations_in(region_id: int) -> tuple[Station, ...]:
    """The stations of a region, its trade hub first."""
    return tuple(
        station
        for station in STATIONS
        if REGION_OF_CONSTELLATION[station.constellation_id] == region_id
    )
