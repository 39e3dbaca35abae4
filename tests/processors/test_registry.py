"""Processors are found by name, those of other packages too, and a broken one is told by name."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from eveobs.errors import ConfigError, UsageError
from eveobs.processors import registry
from eveobs.processors.contracts import PROCESSOR
from eveobs.processors.interface import Needs
from eveobs.processors.registry import names, processor
from eveobs.records.schema import SubjectKind


@pytest.fixture(autouse=True)
def _looked_for_anew() -> Iterator[None]:
    """What is installed is looked for by each of these tests, and by the next after them."""
    registry._entries.cache_clear()
    yield
    registry._entries.cache_clear()


GADGETS = dedent(
    '''
    """A package of somebody else's: regions' gadgets, with parts."""
    from datetime import UTC, datetime
    from eveobs.esi.routes import BY_PATH
    from eveobs.records.collected import Collected, DetailAnswer, Meaning
    from eveobs.records.schema import Column, Detail, Filter, Match, Record, Schema, SubjectKind

    class Gadget(Record, frozen=True, kw_only=True, omit_defaults=True):
        gadget_id: int
        label: str
        weight: float | None = None

    class Part(Record, frozen=True, kw_only=True, omit_defaults=True):
        part_id: int
        type_id: int

    class Processor:
        schema = Schema(
            name="gadgets", singular="gadget", subjects=(SubjectKind.REGION,), record=Gadget,
            key="gadget_id", names={"region_id": "region_name"},
            details=(Detail("parts", Part, "part_id", names={"type_id": "type_name"}, final=True),),
            filters=(Filter("label", "label", Match.CONTAINS, "Part of the label."),),
            columns=(Column("gadget_id", "Gadget"), Column("label", "Label")),
            sort="label",
        )
        routes = (BY_PATH["GET", "/universe/regions"],)
        scopes = ()

        async def collect(self, client, task):
            regions = await client.get(self.routes[0], shape=list[int])
            if not task.memory.settled("parts", [1]) and "parts" in task.details:
                rows = [Part(part_id=5, type_id=34)]
                yield DetailAnswer("parts", 1, Meaning.GIVEN, settled=True, rows=rows)
            yield Collected(
                rows=[Gadget(gadget_id=n, label=f"g{n}") for n in (1, 2)], pages=1, whole=True,
                missing="", moment=datetime(2026, 9, 23, tzinfo=UTC),
                expires=datetime.fromtimestamp(regions.expires, UTC),
                fresh_until=datetime.fromtimestamp(regions.expires, UTC),
            )

    PROCESSOR = Processor()
    '''
)

MUTE = dedent(
    """
    import dataclasses
    from eveobs.records.contracts import CONTRACTS

    class PROCESSOR:
        schema = dataclasses.replace(CONTRACTS, name="broken")
    """
)


def package(folder: Path, module: str, code: str, **entries: str) -> None:
    """An installed package, as pip leaves it behind."""
    (folder / f"{module}.py").write_text(code)
    info = folder / f"{module}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}-pack\nVersion: 1.0\n")
    lines = "".join(f"{name} = {value}\n" for name, value in entries.items())
    (info / "entry_points.txt").write_text(f"[eveobs.processors]\n{lines}")


@pytest.mark.unit
def test_eveobs_brings_contracts() -> None:
    assert names() == sorted(names())
    assert "contracts" in names()
    assert processor("contracts") is PROCESSOR
    assert PROCESSOR.schema.subjects == (SubjectKind.REGION,)
    assert [route.path for route in PROCESSOR.routes] == [
        "/contracts/public/{region_id}",
        "/contracts/public/items/{contract_id}",
        "/contracts/public/bids/{contract_id}",
    ]
    assert PROCESSOR.needs(SubjectKind.REGION) == Needs()


@pytest.mark.unit
@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("contract", "Did you mean 'contracts'?"),
        ("Contracts", "Did you mean 'contracts'?"),
        ("zzz", "There are: "),
        ("", "There are: "),
    ],
)
def test_an_unknown_name(name: str, hint: str) -> None:
    with pytest.raises(UsageError, match="there is no processor") as caught:
        processor(name)
    assert caught.value.hint is not None
    assert caught.value.hint.startswith(hint)


@pytest.mark.unit
@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("import nothing_that_exists", "cannot be loaded: No module named 'nothing_that_exists'"),
        ("raise RuntimeError('not today')", "cannot be loaded: not today"),
        ("this is no Python", "cannot be loaded"),
        ("", "cannot be loaded"),
        ("PROCESSOR = 5", "is not one: it has no schema"),
        (GADGETS, "is not one: its schema is of 'gadgets'"),
        (MUTE, "is not one: it collects nothing"),
    ],
)
def test_a_broken_package_is_told_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, why: str
) -> None:
    package(tmp_path, "brokenpack", code, broken="brokenpack:PROCESSOR")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "brokenpack", raising=False)
    assert {"broken", "contracts"} <= {*names()}
    with pytest.raises(ConfigError) as caught:
        processor("broken")
    assert caught.value.message.startswith("the processor 'broken' of brokenpack-pack ")
    assert why in caught.value.message
    assert caught.value.hint == "Update or uninstall that package."
    assert processor("contracts") is PROCESSOR
    sys.modules.pop("brokenpack", None)


@pytest.mark.unit
def test_what_is_eveobss_own_cannot_be_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = EntryPoint("contracts", "elsewhere:PROCESSOR", registry.GROUP)
    ours = EntryPoint("contracts", "eveobs.processors.contracts:PROCESSOR", registry.GROUP)
    for order in ([theirs, ours], [ours, theirs]):
        monkeypatch.setattr("importlib.metadata.entry_points", lambda group, o=order: o)
        registry._entries.cache_clear()
        assert processor("contracts") is PROCESSOR


@pytest.mark.unit
def test_a_package_without_a_name_of_its_own_is_told_by_its_module(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    nameless = EntryPoint("x", "nowhere_at_all:PROCESSOR", registry.GROUP)
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: [nameless])
    with pytest.raises(ConfigError, match="'x' of nowhere_at_all:PROCESSOR cannot be loaded"):
        processor("x")


@pytest.mark.integration
def test_a_domain_of_another_package_is_fetched_listed_and_shown(
    tmp_path: Path, new_eden: Any
) -> None:
    package(tmp_path, "gadgetpack", GADGETS, gadgets="gadgetpack:PROCESSOR")
    code = dedent(
        """
        import sys
        from eveobs.__main__ import main
        sys.exit(main())
        """
    )

    def eveobs(*arguments: str) -> Any:
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments, "--json"],
            env={
                "PYTHONPATH": str(tmp_path),
                "EVEOBS_HOME": str(tmp_path / "home"),
                "EVEOBS_ESI__BASE_URL": new_eden.url,
                "PATH": "/usr/bin:/bin",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    (first,) = eveobs("fetch", "gadgets")
    assert (first["processor"], first["status"], first["rows"]) == ("gadgets", "complete", 2)
    (again,) = eveobs("fetch", "gadgets")
    assert (again["status"], again["requests"]) == ("unchanged", 0)
    listed = eveobs("list", "gadgets", "--label", "G2")
    assert [(row["gadget_id"], row["region_name"]) for row in listed] == [(2, "The Forge")]
    shown = eveobs("show", "gadget", "1")
    assert [part["type_name"] for part in shown["parts"]] == ["Tritanium"]
