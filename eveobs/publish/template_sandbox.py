"""Where templates come from and what they can reach: regular files below a folder, and nothing.

A template is code that a person may have copied from anywhere. Jinja's sandbox keeps it from
Python's inner attributes; beyond that the size of what one operation makes is bounded (see
`template_bounds`). It is no prison: a loop over a loop that prints nothing still takes its time,
and many values that are each within the bounds (lists of lists, say) still take memory.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from jinja2 import BaseLoader, ChoiceLoader, StrictUndefined, Template, TemplateNotFound, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.environment import Environment
from jinja2.exceptions import TemplateRuntimeError
from jinja2.loaders import split_template_path
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import generate_lorem_ipsum

from eveobs.publish.template_bounds import (
    bounded_filters,
    bounded_lipsum,
    check_format,
    check_method,
    check_operator,
    joined,
)
from eveobs.settings.bounded_read import OPEN_FLAGS, read_descriptor

MAX_TEMPLATE_BYTES = 1024 * 1024
MAX_PAGE_CHARS = 8 * 1024 * 1024
"""No page of a record is a hundredth of it."""
MAX_SECONDS = 30.0
"""For one page, which takes milliseconds."""


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


class _Generator(CodeGenerator):
    """Jinja's compiler; what `~` joins is weighed first."""

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:  # noqa: N802 - Jinja's name
        """The code of `~`."""
        volatile = "(markup_join if context.eval_ctx.volatile else str_join)"
        plain = "markup_join" if frame.eval_ctx.autoescape else "str_join"
        self.write(f"{volatile if frame.eval_ctx.volatile else plain}(environment.joined((")
        for part in node.nodes:
            self.visit(part, frame)
            self.write(", ")
        self.write(")))")


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja without Python behind it, and without texts and numbers of any size."""

    intercepted_binops = frozenset(("+", "-", "*", "//", "%", "**"))
    code_generator_class = _Generator

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.filters = bounded_filters(self.filters)
        self.globals["lipsum"] = bounded_lipsum(generate_lorem_ipsum)

    @staticmethod
    def concat(parts: Iterable[str]) -> str:
        """The text of a block, a macro or a page, where that is of a reasonable size."""
        return "".join(joined(parts))

    @staticmethod
    def joined(parts: Iterable[Any]) -> list[Any]:
        """What `~` joins, where that is of a reasonable size."""
        return joined(parts)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """`left operator right`, where that is of a reasonable size."""
        check_operator(operator, left, right)
        return super().call_binop(context, operator, left, right)

    def call(self, context: Any, called: Any, /, *args: Any, **kwargs: Any) -> Any:
        """What `called` returns, where that is of a reasonable size."""
        check_method(called, args, kwargs)
        return super().call(context, called, *args, **kwargs)

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        """`format` or `format_map` of a text, in the sandbox and of a reasonable size."""
        wrapped = super().wrap_str_format(value)
        if wrapped is None:
            return None

        def bounded(*args: Any, **more: Any) -> str:
            mapping = args[0] if value.__name__ == "format_map" and args else more
            check_format(value.__self__, [*args, *getattr(mapping, "values", tuple)()])
            return wrapped(*args, **more)

        return bounded


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
