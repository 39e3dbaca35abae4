"""`eveobs config trust`: look at what a file of settings would decide, and trust it or not."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from eveobs.errors import ConfigError, EveobsError, UsageError
from eveobs.settings.document import Document, read_document
from eveobs.settings.loading import needs_trust
from eveobs.settings.paths import FILE_NAME, find_places, home_folder, in_place
from eveobs.settings.trust import Trust, TrustedFile, TrustStore
from eveobs.settings.wording import Problem, as_error, printable

if TYPE_CHECKING:
    from eveobs.cli.config import Run
    from eveobs.settings.keys import Key
    from eveobs.settings.layers import Entry

MISSING = "missing"


def trust_store(run: Run) -> TrustStore:
    """The records of this user. The settings need not be readable for it."""
    return TrustStore(find_places(run.environ, run.cwd).state)


def trusted_document(run: Run, path: Path) -> Document | None:
    """The file, if it is trusted as it is now."""
    document = read_document(path, regular=True)
    if not isinstance(document, Document):
        return None
    status = trust_store(run).status(path, document.digest)
    return document if status is Trust.TRUSTED else None


def keep_trust(run: Run, before: Document, key: Key) -> None:
    """Trust a file again after its owner changed `key` in it, if nothing else changed meanwhile."""
    after = read_document(before.path, regular=True)
    if isinstance(after, Document) and _without(key, after) == _without(key, before):
        trust_store(run).add(after.path, after.digest)


def _without(key: Key, document: Document) -> dict[str, object]:
    """The file's values but that of `key`; a section that is empty counts as not there."""
    tables = {
        section: {name: one for name, one in table.items() if f"{section}.{name}" != key.dotted}
        for section, table in document.data.items()
    }
    return {section: table for section, table in tables.items() if table}


def trust_file(run: Run, file: Path | None, *, yes: bool) -> None:
    """Show what `file` sets that needs trust, ask, and trust the bytes that were shown.

    Raises ConfigError for a file that is missing or wrong, UsageError where nobody can be asked.
    """
    path, store = _settings_file(run, file), trust_store(run)
    document = read_document(path, regular=True)
    if document is None:
        raise ConfigError(f"{printable(path)} not found")
    if isinstance(document, Problem):
        raise _invalid([document])
    problems, entries = _checked(run, document)
    if problems:
        raise _invalid(problems)
    if not entries:
        _tell(f"nothing in {path} needs trust")
        return
    if store.status(path, document.digest) is Trust.TRUSTED:
        _tell(f"{path} is trusted already")
        return
    _show(path, entries)
    if not yes and not _confirmed(run, path):
        raise EveobsError("not trusted", hint="nothing was changed")
    with run.audit().watch("config.trust", str(path)) as facts:
        facts["sha256"] = document.digest
        facts["keys"] = " ".join(dotted for dotted, _ in entries)
        store.add(path, document.digest)
    _tell(f"{path} is trusted until it changes")


def _invalid(problems: Sequence[Problem]) -> ConfigError:
    """The error of a file with `problems`, whose hint says which lines to correct first."""
    found = (re.search(r":(\d+)\Z", one.where) for one in problems)
    lines = sorted({int(one[1]) for one in found if one})
    error = as_error(problems)
    if lines:
        which = f"line{'s' * (len(lines) > 1)} {', '.join(map(str, lines))}"
        advice = problems[0].advice if len(problems) == 1 else ""
        then = f"correct {which}, then trust the file"
        error.hint = f"{advice}; {then}" if advice else then
    return error


def revoke_trust(run: Run, file: Path | None) -> None:
    """Trust `file` no more; it need not be there."""
    path = _settings_file(run, file)
    with run.audit().watch("config.revoke", str(path)) as facts:
        known = trust_store(run).remove(path)
        facts["known"] = known
    _tell(f"{path} is not trusted any more" if known else f"{path} was not trusted")


def print_trusted(run: Run, *, as_json: bool) -> None:
    """Print each file that was trusted, and whether it is still what it was then."""
    import json

    rows = [
        {
            "path": printable(one.path),
            "state": _state(one),
            "sha256": one.sha256,
            "trusted_at": one.trusted_at,
        }
        for one in trust_store(run).files()
    ]
    if as_json:
        typer.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    for row in rows:
        typer.echo(f"{row['state']:<9}{printable(row['trusted_at'])}  {row['path']}")


def _state(trusted: TrustedFile) -> str:
    document = read_document(trusted.path, regular=True)
    if document is None:
        return MISSING
    same = isinstance(document, Document) and document.digest == trusted.sha256
    return "trusted" if same else "changed"


def _settings_file(run: Run, file: Path | None) -> Path:
    path = run.cwd / (file or FILE_NAME)
    if path.is_dir():
        path /= FILE_NAME
    if path.name != FILE_NAME:
        raise UsageError(
            f"{printable(path)} is never read by itself: only {FILE_NAME} is",
            hint="a file of another name is given with --config, and needs no trust",
        )
    return in_place(path)


def _checked(run: Run, document: Document) -> tuple[list[Problem], list[tuple[str, object]]]:
    """What is wrong with a file, and the key and value (secrets masked) of all that needs trust."""
    from eveobs.settings.checks import Standing
    from eveobs.settings.dump import plain
    from eveobs.settings.layers import from_document
    from eveobs.settings.values import UnfitError, fit

    problems = [one for one in from_document(document) if isinstance(one, Problem)]
    found: list[tuple[str, object]] = []

    def value_of(entry: Entry) -> Any:
        return fit(entry.key, entry.raw, Standing(entry.folder, home_folder(run.environ)))

    for entry in needs_trust(document):
        try:
            found.append((entry.key.dotted, plain(value_of(entry))))
        except UnfitError as error:
            problems.append(Problem(entry.origin.group, str(entry.origin), str(error)))
    return problems, found


def _show(path: Path, entries: Sequence[tuple[str, object]]) -> None:
    _tell(f"{path} sets what needs trust:")
    for dotted, value in entries:
        _tell(f"  {dotted} = {value}")
    if _is_of_another_user(path):
        _tell("note: the file belongs to another user")


def _is_of_another_user(path: Path) -> bool:
    import os

    # Windows has no such numbers; every file is said to be of user 0 there.
    return hasattr(os, "geteuid") and path.stat().st_uid != os.geteuid()


def _can_ask(run: Run) -> bool:
    return not run.no_input and sys.stdin.isatty()


def _confirmed(run: Run, path: Path) -> bool:
    if not _can_ask(run):
        raise UsageError(
            f"trusting {printable(path)} must be confirmed, and nobody can be asked",
            hint="look at the file, then give --yes",
        )
    typer.echo("Trust it? [y/N] ", err=True, nl=False)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _tell(message: str) -> None:
    typer.echo(printable(message), err=True)
