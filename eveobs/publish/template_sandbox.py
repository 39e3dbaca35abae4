"""Where templates come from and what they can reach: regular files below a folder, and nothing.

A template is code that a person may have copied from anywhere. Jinja's sandbox keeps it from
Python's inner attributes; what is bounded here beyond that is what one short line could ask for
without end. It is no prison: a loop over a loop that prints nothing still takes its time.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from jinja2 import BaseLoader, ChoiceLoader, StrictUndefined, Template, TemplateNotFound
from jinja2.environment import Environment
from jinja2.exceptions import SecurityError, TemplateRuntimeError
from jinja2.loaders import split_template_path
from jinja2.sandbox import ImmutableSandboxedEnvironment

from eveobs.settings.bounded_read import OPEN_FLAGS, read_descriptor

MAX_TEMPLATE_BYTES = 1024 * 1024
MAX_PAGE_CHARS = 8 * 1024 * 1024
"""No page of a record is a hundredth of it."""
MAX_SECONDS = 30.0
"""For one page, which takes milliseconds."""
_MAX_REPEATED = 1_000_000
"""Characters or elements that `*` may make of a text or a list."""
_MAX_BITS = 4096
"""Bits of an integer that `**` may make: Python cannot be interrupted in it."""


def read_template(folder: Path, name: str) -> str:
    """The text of the template `name`, a path with slashes, in `folder`, which may be a link.

    Raises OSError for what is no regular file below it, or too large; UnicodeDecodeError.
    """
    root = Path(os.path.realpath(folder))
    real = Path(os.path.realpath(root / name))
    if not real.is_relative_to(root):
        raise OSError(errno.EPERM, "a link out of the folder of templates")
    descriptor = _open_below(root, real.relative_to(root).parts)
    try:
        raw = read_descriptor(descriptor, MAX_TEMPLATE_BYTES, regular=True)
    finally:
        os.close(descriptor)
    if len(raw) > MAX_TEMPLATE_BYTES:
        raise OSError(errno.EFBIG, "larger than a megabyte")
    return raw.decode("utf-8")


def _open_below(root: Path, parts: tuple[str, ...]) -> int:
    """Open a path below `root` that has no links any more; one that appears now is refused."""
    if os.open not in os.supports_dir_fd or not hasattr(os, "O_NOFOLLOW"):  # Windows
        return os.open(root.joinpath(*parts), OPEN_FLAGS)
    here = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in parts[:-1]:
            flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW
            below = os.open(part, flags, dir_fd=here)
            os.close(here)
            here = below
        return os.open(parts[-1] if parts else ".", OPEN_FLAGS | os.O_NOFOLLOW, dir_fd=here)
    finally:
        os.close(here)


class FolderLoader(BaseLoader):
    """Templates of `folder`, by `read_template`; a changed file is read again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get_source(
        self,
        environment: Environment,  # noqa: ARG002 - Jinja's signature
        template: str,
    ) -> tuple[str, str, Callable[[], bool]]:
        """The text of a template, its file, and whether it is still the same.

        Raises TemplateNotFound where there is none, TemplateRuntimeError for what may not be one.
        """
        name = "/".join(split_template_path(template))
        file = self._folder / name
        try:
            before = _state(file)
            text = read_template(self._folder, name)
        except (FileNotFoundError, NotADirectoryError):
            raise TemplateNotFound(template) from None
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise TemplateRuntimeError(f"{template!r} cannot be read: {why}") from error
        return text, str(file), lambda: _state(file) == before


def _state(file: Path) -> tuple[int, ...]:
    """What tells one state of a file from another; empty where there is none."""
    with suppress(OSError, ValueError):
        found = file.stat()
        return found.st_ino, found.st_mtime_ns, found.st_size
    return ()


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja without Python behind it, and without texts and numbers of any size."""

    intercepted_binops = frozenset(("*", "**"))

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """`left * right` or `left ** right`, where that is of a reasonable size."""
        if operator == "*":
            _check_repetition(left, right)
            _check_repetition(right, left)
        elif isinstance(left, int) and isinstance(right, int):
            _check_power(left, right)
        return super().call_binop(context, operator, left, right)


def _check_repetition(value: Any, times: Any) -> None:
    repeated = isinstance(value, str | bytes | list | tuple) and isinstance(times, int)
    if repeated and len(value) * times > _MAX_REPEATED:
        raise SecurityError("a text or list is repeated too often")


def _check_power(base: int, exponent: int) -> None:
    if abs(base) > 1 and exponent * base.bit_length() > _MAX_BITS:
        raise SecurityError("a power is too large")


def template_environment(
    *folders: Path, autoescape: bool = True, filters: Mapping[str, Callable[..., Any]] | None = None
) -> Sandbox:
    """A sandbox for the templates in `folders`, the first of which that has one wins."""
    environment = Sandbox(
        loader=ChoiceLoader([FolderLoader(folder) for folder in folders]),
        autoescape=autoescape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(filters or {})
    return environment


def render(template: Template, facts: Mapping[str, Any]) -> str:
    """`template` with `facts`. Raises TemplateRuntimeError for a page without an end."""
    deadline = time.monotonic() + MAX_SECONDS
    parts, size = [], 0
    for part in template.generate(facts):
        parts.append(part)
        size += len(part)
        if size > MAX_PAGE_CHARS:
            raise TemplateRuntimeError(f"the page is larger than {MAX_PAGE_CHARS:,} characters")
        if time.monotonic() > deadline:
            raise TemplateRuntimeError(f"the page takes longer than {MAX_SECONDS:g} seconds")
    return "".join(parts)
