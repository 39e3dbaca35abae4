from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from eveobs.publish.companion import plugin_source
from eveobs.publish.kinds import find_kinds
from tests.integration.wordpress.mariadb_site import MariaSite
from tests.integration.wordpress.site import Site

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own in it


def _started(variant: str, folder: Path, kind: type[Site] = Site) -> Iterator[Site]:
    """A site in `folder`; in memory where that can be, since its database writes each statement."""
    with ExitStack() as stack:
        if os.access(MEMORY, os.W_OK):
            folder = Path(stack.enter_context(TemporaryDirectory(dir=MEMORY, prefix="eveobs-")))
        site = kind(variant, folder)
        stack.callback(site.stop)
        site.start()
        yield site


@pytest.fixture(scope="session")
def _modern(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    yield from _started("modern", tmp_path_factory.mktemp("modern"))


@pytest.fixture(scope="session")
def _old(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    yield from _started("old", tmp_path_factory.mktemp("old"))


@pytest.fixture(scope="session")
def _hosted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    yield from _started("modern", tmp_path_factory.mktemp("hosted"), MariaSite)


@pytest.fixture(params=["InnoDB"])
def hosted(_hosted: MariaSite, request: pytest.FixtureRequest) -> MariaSite:
    """WordPress 7.1 on nginx, php-fpm and MariaDB; fresh. Parametrized by its storage engine."""
    _hosted.reset(request.param)
    return _hosted


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
