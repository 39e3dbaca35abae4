"""One TOML file: its data, and the line on which each key stands."""

from __future__ import annotations

import errno
import re
from functools import cached_property
from pathlib import Path
from typing import Any

from eveobs.settings.bounded_read import read_bounded
from eveobs.settings.wording import Problem, printable

_LARGEST = 1024 * 1024
_MAX_DEPTH = 50
"""Tables within tables; a setting is a list in a table, three levels with the file."""
_MAX_PARSED = 2 * _LARGEST
"""Characters that `find_lines` gives to the parser, which sees a list of n lines n times."""
_POSITION = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


class Document:
    """A file that is valid TOML. `text` has no byte order mark; `raw` is what was read.

    No dataclass: the file may hold secrets, and a repr of it must not.
    """

    def __init__(self, path: Path, text: str, data: dict[str, Any], raw: bytes = b"") -> None:
        self.path = path
        self.text = text
        self.data = data
        self._raw = raw

    def __repr__(self) -> str:
        return f"Document({str(self.path)!r})"

    @cached_property
    def digest(self) -> str:
        """SHA-256, in hex, of the very bytes that `data` was read from."""
        from hashlib import sha256  # only where trust is in question

        return sha256(self._raw).hexdigest()

    @cached_property
    def lines(self) -> dict[tuple[str, ...], int]:
        """The line (from 1) of every table and key by its path."""
        return find_lines(self.text)

    def place(self, *path: str) -> str:
        """`/path/eveobs.toml:12`, as compilers and editors write it."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.lines:
                return f"{printable(self.path)}:{self.lines[path[:length]]}"
        return printable(self.path)


def find_lines(text: str) -> dict[tuple[str, ...], int]:
    """The line of every table and key of a valid TOML text.

    tomllib tells no lines. But each statement of TOML is TOML by itself, and no beginning of one
    that spans lines is: so lines are gathered until they parse. Where that would take
    long, the keys that follow have no line.
    """
    found: dict[tuple[str, ...], int] = {}
    header: tuple[str, ...] = ()
    pending: list[str] = []
    left, size = _MAX_PARSED, 0
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        pending.append(line)
        size += len(line) + 1
        left -= size
        if left < 0:
            break
        tree = _statement("\n".join(pending))
        if tree is None:
            continue
        start = number - len(pending) + 1
        if pending[0].lstrip().startswith("["):
            header = max(_paths(tree), key=len)
            found.setdefault(header, start)
        else:
            for path in _paths(tree):
                found.setdefault(header + path, start)
        pending, size = [], 0
    return found


def _statement(text: str) -> dict[str, Any] | None:
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


def _paths(tree: object) -> list[tuple[str, ...]]:
    """The path of every key in `tree`; an array of tables counts as its first table."""
    if isinstance(tree, list) and tree:
        return _paths(tree[0])
    if not isinstance(tree, dict):
        return []
    below = ((key, path) for key, value in tree.items() for path in [(), *_paths(value)])
    return [(key, *path) for key, path in below]


def read_document(path: Path, *, regular: bool = False) -> Document | Problem | None:
    """The file at `path`; what is wrong with it; or None if there is none.

    `regular` refuses pipes and devices, which a file that was named by its owner may be.
    """
    try:
        raw = read_bounded(path, _LARGEST, regular=regular)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        return _unreadable(path, error)
    if len(raw) > _LARGEST:
        return _problem(path, "is larger than a megabyte: not a file of settings")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        what = f"is not UTF-8 text (byte {error.start + 1})"
        return _problem(path, what, line=line, advice="save it with the encoding UTF-8")
    return _parsed(path, text, raw)


def _problem(path: Path, what: str, *, line: int | None = None, advice: str = "") -> Problem:
    name = printable(path)
    return Problem(name, f"{name}:{line}" if line else name, what, advice)


def _unreadable(path: Path, error: OSError) -> Problem:
    if error.errno == errno.EISDIR or path.is_dir():
        return _problem(path, "is a folder, not a file")
    reason = (error.strerror or type(error).__name__).lower()
    return _problem(path, f"cannot be read: {reason}", advice="let your user read it, or move it")


def _parsed(path: Path, text: str, raw: bytes) -> Document | Problem:
    import tomllib

    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return _not_toml(path, text, str(error))
    except (RecursionError, ValueError):  # thousands of brackets, or of digits
        return _problem(path, "is not valid TOML: a value is too deep or too long")
    # Dotted keys nest without brackets, so that the parser itself does not mind their number.
    if _is_deeper(data, _MAX_DEPTH):
        return _problem(path, f"has tables that are nested more than {_MAX_DEPTH} times")
    return Document(path, text, data, raw)


def _is_deeper(tree: object, depth: int) -> bool:
    """Whether tables and arrays are nested in `tree` more than `depth` times."""
    level = [tree]
    for _ in range(depth):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return False
    return any(isinstance(outer, dict | list) for outer in level)


def _not_toml(path: Path, text: str, message: str) -> Problem:
    found = _POSITION.search(message)
    line = text.count("\n") + 1
    reason = message
    if found:
        reason = message[: found.start()]
        line = int(found[1]) if found[1] else len(text.rstrip().split("\n"))
    column = f" (column {found[2]})" if found and found[2] else ""
    what = f"is not valid TOML: {printable(reason[:1].lower() + reason[1:])}{column}"
    return _problem(path, what, line=line, advice=_toml_advice(reason, text.split("\n")[line - 1]))


def _toml_advice(reason: str, line: str) -> str:
    if "\\" in line and '"' in line:
        return "write Windows paths in 'single quotes'"
    if reason == "Invalid value":
        return "texts stand in quotes, true and false are written small"
    return ""
