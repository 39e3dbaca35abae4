"""Publishing that something happens to, held against the same publishing undisturbed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, TypeVar

from tests.integration.wordpress.equality import assert_same, held
from tests.integration.wordpress.homes import PUBLISH, Home
from tests.integration.wordpress.mariadb_site import MariaSite
from tests.integration.wordpress.site import Site

S = TypeVar("S", bound=Site)
NUMBERS = range(3001, 3025)
WAYS = ("plugin-rest", "plugin-xmlrpc", "plain-rest", "plain-xmlrpc")
WITH_PLUGIN = WAYS[:2]
_UNDISTURBED: dict[tuple[str, bool, str], Any] = {}


class Trial(Generic[S]):
    """A site and a home for one way; `update` has everything published once already."""

    def __init__(self, site: S, plugin: str, way: str, folder: Path, *, update: bool) -> None:
        self.site, self.way, self.folder, self.update = site, way, folder, update
        self.plugin = plugin
        self.wanted = self._undisturbed()
        self.home = self._home(folder / "disturbed")
        self._begin(self.home)

    def _home(self, folder: Path) -> Home:
        return Home(folder, self.site, self.way.partition("-")[2])

    def _begin(self, home: Home) -> None:
        """The site as it is before the fault, and what is to be published next."""
        if self.way.startswith("plugin"):
            self.site.install_plugin(self.plugin, batch=12)
            self.site.php("")  # a request of anybody installs it
        home.see(NUMBERS, volume=5.0)
        if self.update:
            home.publish()
            home.see(NUMBERS, at=1, price=7.5, volume=6.0)
        self.site.mend()

    def _undisturbed(self) -> Any:
        store = "SQLite" if self.engine() == "SQLite" else "MariaDB"  # dates look otherwise there
        key = ("plugin" if self.way in WITH_PLUGIN else self.way, self.update, store)
        if key not in _UNDISTURBED:
            home = self._home(self.folder / "undisturbed")
            self._begin(home)
            home.publish()
            _UNDISTURBED[key] = held(self.site)
            self.reset()
        return _UNDISTURBED[key]

    def engine(self) -> str:
        if not isinstance(self.site, MariaSite):
            return "SQLite"
        return self.site.sql(
            "SELECT ENGINE FROM information_schema.TABLES WHERE TABLE_NAME = 'wp_posts'"
        ).strip()

    def reset(self) -> None:
        if isinstance(self.site, MariaSite):
            self.site.reset(self.engine())
        else:
            self.site.reset()

    def publish(self) -> Any:
        return self.home(*PUBLISH, "contract")

    def ends_well(self, *, strays: bool = True) -> None:
        """At most one more publish, and the site is as it should be; then there is nothing to do."""
        self.site.mend()
        again = self.publish()
        assert again.exit_code == 0, again.output
        assert_same(held(self.site), self.wanted, strays=strays)
        assert self.home.publish() == {"unchanged": len(NUMBERS)}


def until(condition: Callable[[], bool], seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


def disturbed(trial: Trial[S], meanwhile: Callable[[], None]) -> Any:
    """A publish that is halted in the middle until `meanwhile` is done; not, where it ends before."""
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(trial.publish()))
    thread.start()
    paused = trial.site.rig / "paused"
    until(lambda: paused.exists() or not thread.is_alive(), seconds=60)
    if paused.exists():
        meanwhile()
    (trial.site.rig / "go").write_text("")
    thread.join()
    return results[0]
