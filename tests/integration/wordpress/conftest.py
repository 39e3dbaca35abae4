from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from eveobs.publish.companion import plugin_source
from eveobs.publish.kinds import find_kinds
from tests.integration.wordpress.site import Site


def _started(variant: str, folder: Path) -> Iterator[Site]:
    site = Site(variant, folder)
    try:
        site.start()
        yield site
    finally:
        site.stop()


@pytest.fixture(scope="session")
def _modern(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    yield from _started("modern", tmp_path_factory.mktemp("modern"))


@pytest.fixture(scope="session")
def _old(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    yield from _started("old", tmp_path_factory.mktemp("old"))


@pytest.fixture
def modern(_modern: Site) -> Site:
    """WordPress 7.1 at the root, with pretty permalinks; fresh."""
    _modern.reset()
    return _modern


@pytest.fixture(params=["modern", "old"])
def site(request: pytest.FixtureRequest) -> Site:
    """Either WordPress; fresh."""
    found: Site = request.getfixturevalue(f"_{request.param}")
    found.reset()
    return found


@pytest.fixture(scope="session")
def plugin() -> str:
    """The source of the companion plugin."""
    return plugin_source(find_kinds())
