"""What a command is handed: settings, client, store, opened when they are first used."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from eveobs.errors import UsageError

if TYPE_CHECKING:
    from eveobs.cli.progress import WarningsOnly
    from eveobs.esi.client import EsiClient
    from eveobs.esi.planning import Plan
    from eveobs.esi.sign_ins import SignIns
    from eveobs.settings import Loaded
    from eveobs.store.store import Store
    from eveobs.telemetry.audit import Audit
    from eveobs.telemetry.progress import Progress


@dataclass(slots=True)
class Run:
    """One run of the program: its global options, and what commands share."""

    environ: Mapping[str, str]
    cwd: Path
    config: Path | None = None
    settings: tuple[str, ...] = ()
    quiet: bool = False
    verbose: int = 0
    patient: bool = True
    no_color: bool = False
    _loaded: Loaded | None = field(default=None, repr=False)

    def loaded(self) -> Loaded:
        """The settings, read once; their warnings are said once."""
        if self._loaded is None:
            from eveobs.settings import load

            self._loaded = load(
                environ=self.environ, cwd=self.cwd, config=self.config, flags=self._flags()
            )
            for warning in self._loaded.warnings:
                self.remark(f"warning: {warning}")
            self._start_logging(self._loaded)
        return self._loaded

    def forget_settings(self) -> None:
        """Have them read again: a command has just changed them."""
        self._loaded = None

    def _start_logging(self, loaded: Loaded) -> None:
        log = loaded.settings.log
        if log.file or self.verbose:
            from eveobs.telemetry.logs import start_logging

            colour = self.colour(sys.stderr.isatty())
            start_logging(
                level=log.level,
                file=log.file,
                verbose=self.verbose,
                colour=colour,
                warn=lambda message: self.remark(f"warning: {message}"),
            )

    def _flags(self) -> dict[str, object]:
        flags: dict[str, object] = {}
        for text in self.settings:
            key, found, value = text.partition("=")
            if not found:
                raise UsageError(
                    f"--set {text}: that is no KEY=VALUE", hint="Such as --set esi.concurrency=10."
                )
            flags[key.strip()] = value
        return flags

    def store(self) -> Store:
        """The store, its tables up to date."""
        from eveobs.store.store import Store

        return Store(self.loaded().store_url())

    def audit(self) -> Audit:
        """Where changes are noted."""
        from getpass import getuser

        from eveobs.telemetry.audit import Audit

        try:
            user = getuser()
        except (KeyError, OSError):  # a container's user has no name
            user = str(os.getuid())
        path = self.loaded().places.state / "audit.jsonl"
        return Audit(path, user=user, warn=lambda message: self.remark(f"warning: {message}"))

    def client(self, progress: Progress) -> EsiClient:
        """A client on the shared cache."""
        from eveobs.esi.cache import ResponseCache
        from eveobs.esi.client import EsiClient
        from eveobs.esi.shared_limits import SharedLimits

        loaded = self.loaded()
        settings = loaded.settings
        cache = ResponseCache(
            loaded.places.cache / "esi" if settings.cache.enabled else None,
            size_mb=settings.cache.size_mb,
            memory_mb=settings.cache.memory_mb,
            warn=progress.warn,
        )
        limits = SharedLimits(loaded.places.state, settings.esi.base_url, warn=progress.warn)
        return EsiClient(
            settings.esi, cache, progress=progress, limits=limits, patient=self.patient
        )

    def sign_ins(self) -> SignIns:
        """The characters that signed in; nobody is asked."""
        from eveobs.esi.sign_ins import SignIns

        loaded = self.loaded()
        return SignIns(loaded.settings.sso, loaded.places.data, loaded.places.cache)

    def planning_client(self, plan: Plan) -> EsiClient:
        """A client that counts into `plan` what it would ask, and sends nothing."""
        from eveobs.esi.client import EsiClient
        from eveobs.esi.planning import CountingSender, ReadOnlyCache

        async def no_time(_: float) -> None:
            """A plan waits for nothing."""

        loaded = self.loaded()
        settings = loaded.settings
        cache = ReadOnlyCache(loaded.places.cache / "esi" if settings.cache.enabled else None)
        sender = CountingSender(settings.esi.base_url, plan)
        return EsiClient(settings.esi, cache, sender=sender, sleep=no_time)

    def progress(self) -> WarningsOnly:
        """Bars on stderr, where a person can see them; with -v there are lines instead."""
        from eveobs.cli.progress import progress_for

        still = self.quiet or self.verbose > 0
        return progress_for(sys.stderr, quiet=still, colour=self.colour(sys.stderr.isatty()))

    def colour(self, terminal: bool) -> bool:
        """Whether to use colour on a stream that is a `terminal` or not."""
        return terminal and not self.no_color and not self.environ.get("NO_COLOR")

    def width(self) -> int | None:
        """Columns of the terminal that stdout is; None for a pipe or a file."""
        return shutil.get_terminal_size().columns if sys.stdout.isatty() else None

    def remark(self, message: str) -> None:
        """Say something on stderr, unless --quiet."""
        if not self.quiet:
            from eveobs.cli.plain import encodable, plain

            text = encodable(plain(message), sys.stderr.encoding)
            print(text, file=sys.stderr)  # noqa: T201 - this is the room that prints

    @staticmethod
    def now() -> datetime:
        """This moment, aware."""
        return datetime.now(UTC)
