"""Changing a file of settings: what a person wrote around the values stays."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from copy import deepcopy
from pathlib import Path
from typing import Any, NamedTuple

from eveobs.errors import ConfigError
from eveobs.files import private_folder, write_bytes
from eveobs.settings.checks import PATH, STORE, Standing
from eveobs.settings.document import Document, read_document
from eveobs.settings.dump import Plain, plain, toml_value
from eveobs.settings.keys import Key
from eveobs.settings.values import fit, from_text
from eveobs.settings.wording import Problem, as_error, printable


class Written(NamedTuple):
    """What became of a file: `kept` is where the old one is, if its comments could not stay."""

    path: Path
    kept: Path | None = None


def set_value(path: Path, key: Key, value: Plain) -> Written:
    """Give `key` the value in the file `path`, which is made if there is none.

    The value must fit already. Comments stay where they are; in the rare layout where they
    cannot, the old file is kept beside the new one. Raises ConfigError and leaves the file alone
    if it is no valid TOML or cannot be written.
    """
    found = read_document(path, regular=True)
    if isinstance(found, Problem):
        raise as_error([found])
    document = found or Document(path, "", {})
    wanted = _wanted(document, key, value)
    for text in _attempts(document, key, value):
        if _reads_as(text, wanted):
            write_text(path, text, private=key.is_secret)
            return Written(path)
    kept = keep_old(path)
    import tomli_w

    write_text(path, tomli_w.dumps(wanted), private=key.is_secret)
    return Written(path, kept)


def writable_value(key: Key, text: str, standing: Standing, folder: Path) -> Plain:
    """What to write for `text`, typed where `standing` says, into a file in `folder`.

    A relative path means the same afterwards. Raises UnfitError.
    """
    value = plain(fit(key, from_text(key, text), standing), reveal=True)
    keeps_meaning = folder == standing.folder and key.check in {PATH, STORE}
    return text.strip() if keeps_meaning else value


def _wanted(document: Document, key: Key, value: Plain) -> dict[str, Any]:
    wanted = deepcopy(document.data)
    table = wanted.setdefault(key.section, {})
    if not isinstance(table, dict):
        where = document.place(key.section)
        raise ConfigError(
            f"{where}: {key.section} is not a section here, so {key.name} cannot be set in it",
            hint=f"make it [{key.section}] with its keys below it",
        )
    table[key.name] = value
    return wanted


def _attempts(document: Document, key: Key, value: Plain) -> Iterator[str]:
    """Ways to change the text, the best first; some do not suit every layout."""
    attempts: list[Callable[[Document, Key, Plain], str]] = [_replaced]
    if key.name not in document.data.get(key.section, {}):
        attempts.insert(0, _inserted)
    for attempt in attempts:
        text = None
        with suppress(Exception):  # tomlkit has many; the next way is tried
            text = attempt(document, key, value)
        if text is not None:
            yield text


def _reads_as(text: str, wanted: dict[str, Any]) -> bool:
    import tomllib

    try:
        return tomllib.loads(text) == wanted
    except ValueError:
        return False


def _inserted(document: Document, key: Key, value: Plain) -> str:
    """A new line: below the example's commented one, else last in its section, else at the end."""
    newline = "\r\n" if "\r\n" in document.text else "\n"
    lines = document.text.replace("\r\n", "\n").removesuffix("\n").split("\n")
    line = f"{key.name} = {toml_value(value)}"
    start = document.lines.get((key.section,))
    if key.section not in document.data or start is None:
        lines = (
            [*lines, "", f"[{key.section}]", line] if document.text else [f"[{key.section}]", line]
        )
    else:
        lines.insert(_slot(document, key, start, lines), line)
    return newline.join([*lines, ""])


def _slot(document: Document, key: Key, start: int, lines: list[str]) -> int:
    """The index at which the line goes, in a section whose header is on line `start`."""
    headers = (number for path, number in document.lines.items() if path[0] != key.section)
    end = min((number for number in headers if number > start), default=len(lines) + 1) - 1
    commented = re.compile(rf"\s*#\s*{re.escape(key.name)}\s*=")
    for index in range(start, end):
        if commented.match(lines[index]):
            return index + 1
    own = [number for path, number in document.lines.items() if path[0] == key.section]
    last = max(own)
    while last < end and lines[last].strip() and not lines[last].lstrip().startswith("#"):
        last += 1  # the rest of a value that spans lines
    return last


def _replaced(document: Document, key: Key, value: Plain) -> str:
    import tomlkit

    tree: Any = tomlkit.parse(document.text)
    tree[key.section][key.name] = value
    return tomlkit.dumps(tree)


def keep_old(path: Path) -> Path | None:
    """Copy the file beside itself: eveobs.toml.bak, or .bak2, .bak3 where that is taken."""
    if not path.exists():
        return None
    names = (f"{path.name}.bak{number}" for number in ("", *range(2, 1000)))
    kept = next(path.with_name(name) for name in names if not path.with_name(name).exists())
    try:
        write_bytes(kept, path.read_bytes(), private=True)  # it may hold secrets
    except OSError as error:
        raise _not_written(path, error) from error
    return kept


def write_text(path: Path, text: str, *, private: bool = False) -> None:
    """Put `text` at `path` in one step: a reader sees the old file or the new one, whole.

    A new file is for its owner alone, and so becomes an old one that is to be `private`. Raises
    ConfigError.
    """
    try:
        target = path.resolve()  # a link to a file elsewhere stays a link
        private_folder(target.parent)
        new = not target.exists()
        write_bytes(target, text.encode(), private=private or new)
    except (OSError, RuntimeError) as error:  # RuntimeError: links in a circle, before Python 3.13
        raise _not_written(path, error) from error


def _not_written(path: Path, error: OSError | RuntimeError) -> ConfigError:
    reason = str(getattr(error, "strerror", None) or error).lower()
    return ConfigError(
        f"{printable(path)} cannot be written: {reason}",
        hint="nothing was changed; choose another place, or set EVEOBS_HOME",
    )


def is_there(path: Path) -> bool:
    """Whether something is at `path`, be it a broken link; False where one may not look."""
    try:
        path.lstat()
    except OSError:
        return False
    return True
