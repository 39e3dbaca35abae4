"""What a command is handed: settings, client, store, opened when they are first used."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING, Any

from eveobs.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from eveobs.cli.measuring import Measures
    from eveobs.cli.output import Format
    from eveobs.cli.progress import WarningsOnly
    from eveobs.esi.client import EsiClient
    from eveobs.esi.denials import Denials
    from eveobs.esi.planning import Plan
    from eveobs.esi.sign_ins import SignIns
    from eveobs.observation.unit import Outcome
    from eveobs.records.schema import Column
    from eveobs.settings import Loaded, Log
    from eveobs.store.source import EsiSource
    from eveobs.store.store import Store
    from eveobs.telemetry.audit import Audit
    from eveobs.telemetry.progress import Progress


@dataclass(slots=True)
class Run:
    """One run of the program: its global options, and what commands share. `id` is on every line
    of its logs. `output`: the options of the command that say in which form rows are printed.
    """

    environ: Mapping[str, str]
    cwd: Path
    config: Path | None = None
    settings: tuple[str, ...] = ()
    quiet: bool = False
    verbose: int = 0
    patient: bool = True
    longest_wait: float | None = None
    no_color: bool = False
    no_input: bool = False
    log_format: str = ""
    command: str = ""
    metrics_file: Path | None = None
    profile: bool = False
    id: str = field(default_factory=lambda: os.urandom(4).hex())
    _loaded: Loaded | None = field(default=None, repr=False)
    output: Mapping[str, Any] = field(default_factory=dict)
    measures: Measures | None = field(default=None, repr=False)
    _audit: Audit | None = field(default=None, repr=False)

    def loaded(self) -> Loaded:
        """The settings, read once; their warnings are said once."""
        if self._loaded is None:
            from eveobs.settings import load

            self._loaded = load(
                environ=self.environ, cwd=self.cwd, config=self.config, flags=self._flags()
            )
            for warning in self._loaded.warnings:
                first, *hints = warning.splitlines()
                self.warnings().warn(first)
                for hint in hints:
                    self.remark(hint)
            self._tighten(self._loaded)
            self.start_logging(self._loaded.settings.log)
        return self._loaded

    def _tighten(self, loaded: Loaded) -> None:
        """Take from others what older versions of eveobs let them read, and say so.

        Only in folders that are eveobs's own by their place (one that was chosen with a setting may
        be shared on purpose), and the user's own file of settings if it holds a secret.
        """
        from eveobs import files
        from eveobs.settings.paths import FILE_NAME, find_places

        own = find_places(self.environ, self.cwd)
        places = [one for one in (own.data, own.state, own.cache) if one in astuple(loaded.places)]
        config = own.config / FILE_NAME
        if config in loaded.files_with_secrets():
            places.append(config)
        for place in files.tighten(places):
            self.remark(f"notice: {place} could be read by other users; it is private now")

    def loaded_before(self) -> Loaded | None:
        """The settings if they were read; nothing is read, and nothing can fail."""
        return self._loaded

    def set_global(self, name: str, value: Any) -> None:
        """Take a global option that was given after the command.

        `name` is that of the root's parameter. Texts and flags replace what was given before the
        command; --set and -v add to it.
        """
        match name:
            case "settings":
                self.settings += tuple(value)
            case "verbose":
                self.verbose += value
            case "config" | "metrics_file":
                setattr(self, name, Path(value))
            case "log_format":
                self.log_format = str(value)
            case _:
                setattr(self, name, value)
        self._loaded = None
        self.start_early()

    def start_early(self) -> None:
        """Begin what cannot wait for the settings: the JSON log, in which errors of the settings
        are written too, and measuring.
        """
        if self.log_format == "json":
            from eveobs.settings import Log

            self.start_logging(Log(format="json"))
        if self.measures is not None and self.profile and self.measures.stages is None:
            self.measures = None  # begun for --metrics-file alone; nothing was counted yet
        if self.metrics_file is not None or self.profile:
            self.measure()

    def forget_settings(self) -> None:
        """Have them read again: a command has just changed them."""
        self._loaded = None

    def read_again(self) -> bool:
        """Read the settings again; where they are wrong, say so and keep those that were.

        Returns whether they could be read.
        """
        from eveobs.cli.endings import complain

        before, self._loaded = self._loaded, None
        try:
            self.loaded()
        except ConfigError as error:
            complain(error)
            self._loaded = before
        return self._loaded is not before

    def measure(self) -> Measures:
        """Have this run measured, from now on: what is made later (client, store) counts."""
        if self.measures is None:
            before = process_time()
            from eveobs.cli.measuring import Measures

            self.measures = Measures(self, profile=self.profile, before=before)
        return self.measures

    def note_outcome(self, outcome: Outcome) -> None:
        """Count what came of an observation, if this run is measured."""
        if self.measures is not None:
            self.measures.observed([outcome])

    def start_logging(self, log: Log) -> None:
        """Set up what `log` asks for, in place of what was set up before."""
        json = log.format == "json"
        if log.file or self.verbose or json:
            from eveobs.telemetry.logs import LogTo, start_logging

            to = LogTo(
                level=log.level,
                file=log.file,
                file_mb=log.file_mb,
                files=log.files,
                verbose=self.verbose,
                json=json,
                colour=self.colour(sys.stderr.isatty()),
            )
            start_logging(to, run=self.id, warn=self.progress().warn)

    def _flags(self) -> dict[str, object]:
        flags: dict[str, object] = {}
        for text in self.settings:
            key, found, value = text.partition("=")
            if not found:
                raise UsageError(
                    f"--set {text}: that is no KEY=VALUE", hint="Such as --set esi.concurrency=10."
                )
            flags[key.strip()] = value
        if self.log_format:
            flags["log.format"] = self.log_format
        return flags

    def store(self) -> Store:
        """The store, its tables up to date."""
        from eveobs.store.store import Store

        store = Store(self.loaded().store_url(), self._source())
        return self.measures.store(store) if self.measures else store

    def check_source(self) -> None:
        """Refuse a store that belongs to another ESI before anything is asked.

        Raises ConfigError. Reads a SQLite file without SQLAlchemy; any other store is compared
        when it is written to.
        """
        from eveobs.store.glance import source, sqlite_path

        url = self.loaded().store_url()
        kept = source(url)
        if kept is not None:
            from eveobs.store.source import EsiSource, refusal

            ours = self._source()
            if kept != ours.key:
                raise refusal(EsiSource(*kept), ours, str(sqlite_path(url)))

    def _source(self) -> EsiSource:
        from eveobs.store.source import source_of

        settings = self.loaded().settings
        declared = settings.store.esi_url
        base_url = declared or settings.esi.base_url
        return source_of(base_url, settings.esi.tenant, declared=bool(declared))

    def client(self, progress: Progress) -> EsiClient:
        """A client on the shared cache."""
        from eveobs.cli.endings import hush_interruptions
        from eveobs.esi.anomalies import Anomalies
        from eveobs.esi.cache import ResponseCache
        from eveobs.esi.client import EsiClient
        from eveobs.esi.drift import DriftRecorder
        from eveobs.esi.shared_limits import SharedLimits

        hush_interruptions()
        loaded, measures = self.loaded(), self.measures
        settings = loaded.settings
        cache = ResponseCache(
            loaded.places.cache / "esi" if settings.cache.enabled else None,
            size_mb=settings.cache.size_mb,
            memory_mb=settings.cache.memory_mb,
            warn=progress.warn,
            statistics=measures.statistics if measures else None,
            note_refused=self._note_refused_entries,
        )
        anomalies = Anomalies(
            progress.warn,
            audit=self.audit,
            drift=DriftRecorder(loaded.places.state, warn=progress.warn),
        )
        limits = SharedLimits(
            loaded.places.state,
            settings.esi.base_url,
            warn=progress.warn,
            clamped=anomalies.clamped,
        )
        extras: dict[str, Any] = {}
        if self.longest_wait is not None:
            extras["longest_wait"] = self.longest_wait
        if measures is not None:
            cache = measures.cache(cache)
            extras |= {"traffic": measures.traffic, "sleep": measures.sleep}
        return EsiClient(
            settings.esi,
            cache,
            progress=progress,
            limits=limits,
            patient=self.patient,
            anomalies=anomalies,
            denials=self.denials(),
            **extras,
        )

    def denials(self) -> Denials:
        """What ESI refused in earlier runs."""
        from eveobs.esi.denials import Denials

        loaded = self.loaded()
        return Denials(loaded.places.state, loaded.settings.esi.base_url)

    def sign_ins(self) -> SignIns:
        """The characters that signed in; nobody is asked."""
        from eveobs.esi.sign_ins import SignIns

        loaded = self.loaded()
        places, settings = loaded.places, loaded.settings
        return SignIns(
            settings.sso,
            places.data,
            places.cache,
            esi=settings.esi.base_url,
            audit=self.audit(),
        )

    def audit(self) -> Audit:
        """Where what this run changes is written down: audit.jsonl in the state folder.

        It can be had also where the settings cannot be read: to write them is worth a line too.
        """
        if self._audit is None:
            from eveobs.cli.person import os_user
            from eveobs.settings.paths import find_places
            from eveobs.telemetry.audit import FILE, WITNESS, Audit

            path: Path | None = None
            witness: Path | None = None
            with suppress(ConfigError):  # nobody's home
                places = find_places(self.environ, self.cwd)
                path, witness = places.state / FILE, places.data / WITNESS
            warn = self.progress().warn
            self._audit = Audit(path, user=os_user(), run=self.id, warn=warn, witness=witness)
        return self._audit

    def _note_refused_entries(self, number: int, reason: str) -> None:
        """Write down that the cache held entries that eveobs did not put there."""
        folder = str(self.loaded().places.cache / "esi")
        self.audit().note("cache.refused", folder, result="found", entries=number, reason=reason)

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

        bars = self.verbose == 0 and self.log_format != "json"
        colour = self.colour(sys.stderr.isatty())
        return progress_for(sys.stderr, quiet=self.quiet, colour=colour, bars=bars)

    def warnings(self) -> WarningsOnly:
        """Warnings on stderr, and nothing else: for what runs unattended."""
        from eveobs.cli.progress import progress_for

        return progress_for(sys.stderr, quiet=True, colour=self.colour(sys.stderr.isatty()))

    def colour(self, terminal: bool) -> bool:
        """Whether to use colour on a stream that is a `terminal` or not."""
        return terminal and not self.no_color and not self.environ.get("NO_COLOR")

    def width(self) -> int | None:
        """Columns of the terminal that stdout is; None for a pipe or a file."""
        return shutil.get_terminal_size().columns if sys.stdout.isatty() else None

    def write(
        self,
        rows: Iterable[Mapping[str, object]],
        columns: Sequence[Column],
        *,
        format: Format | None = None,  # noqa: A002 - the word of the command line
        fields: Sequence[str] | None = None,
        all_fields: Sequence[str] | None = None,
        id_field: str | None = None,
    ) -> int:
        """Write rows to stdout, as a table if nothing else is asked for, and say how many. Without
        `all_fields` they have those of `columns`; without `id_field` the first that ends in `_id`
        is their id. See `output.write_rows`.
        """
        from eveobs.cli.options import chosen_fields
        from eveobs.cli.output import write_rows

        names = [one.field for one in columns] if all_fields is None else all_fields
        fields = chosen_fields(self.output) if fields is None else fields
        how = self._to(format)
        how["id_field"] = id_field
        return write_rows(rows, columns=columns, fields=fields, all_fields=names, **how)

    def write_one(
        self,
        record: Mapping[str, object],
        columns: Sequence[Column],
        details: Mapping[str, Sequence[Column]],
        *,
        all_fields: Sequence[str],
        format: Format | None = None,  # noqa: A002 - the word of the command line
        fields: Sequence[str] | None = None,
        id_field: str | None = None,
    ) -> None:
        """Write one record to stdout, as a card if nothing else is asked for. See
        `output.write_record`.
        """
        from eveobs.cli.output import write_record

        write_record(
            record,
            columns=columns,
            details=details,
            fields=fields,
            all_fields=all_fields,
            id_field=id_field,
            **self._to(format),
        )

    def _to(self, format: Format | None) -> dict[str, Any]:  # noqa: A002
        """Where and how rows are written."""
        from eveobs.cli.output import Format

        shown = self.output.get("columns")
        return {
            "shown": None if shown is None else str(shown).split(","),
            "jq": self.output.get("jq"),
            "format": format or Format.TABLE,
            "stream": sys.stdout,
            "width": self.width(),
            "colour": self.colour(sys.stdout.isatty()),
            "now": self.now(),
        }

    def may_ask(self) -> bool:
        """Whether there is a person to be asked for something."""
        return not self.no_input and sys.stdin.isatty() and sys.stderr.isatty()

    def confirm(self, question: str, *, yes: bool) -> None:
        """Ask a person at a terminal before something is removed; anything but "y" ends the run
        with 1 and changes nothing.

        With `yes` or --no-input, and where there is no terminal, nothing is asked: what a script
        or cron says is meant.
        """
        if yes or not self.may_ask():
            return
        from eveobs.cli.plain import encodable, plain

        text = encodable(plain(question), sys.stderr.encoding)
        print(f"{text} [y/N] ", end="", file=sys.stderr, flush=True)  # noqa: T201
        if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
            from eveobs.errors import EveobsError

            raise EveobsError("not confirmed; nothing was changed", hint="--yes does not ask.")

    def remark(self, message: str) -> None:
        """Say something on stderr, unless --quiet."""
        if not self.quiet:
            from eveobs.cli.plain import encodable, plain
            from eveobs.cli.speech import logged

            if logged(message):
                return
            text = encodable(plain(message), sys.stderr.encoding)
            print(text, file=sys.stderr)  # noqa: T201 - this is the room that prints

    def finish(self, code: int) -> None:
        """The run is over, with this exit code, and what was to be said is said."""
        if self.measures is not None:
            self.measures.stop()
            if self.metrics_file is not None:
                self.measures.write(self.cwd / self.metrics_file, self.command, code)
            self.measures.tell_profile()
        if (logs := sys.modules.get("eveobs.telemetry.logs")) is not None:
            logs.stop_logging()

    @staticmethod
    def now() -> datetime:
        """This moment, aware."""
        return datetime.now(UTC)
