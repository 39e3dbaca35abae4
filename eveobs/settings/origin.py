"""Where a value came from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from eveobs.settings.document import Document
from eveobs.settings.wording import printable


class Source(StrEnum):
    """The layers; each wins over those above it."""

    DEFAULT = "default"
    FILE = "file"
    ENVIRONMENT = "environment"
    FLAG = "command line"


@dataclass(frozen=True, slots=True)
class Origin:
    """Prints as `default`, `/path/eveobs.toml:12`, `environment EVEOBS_…` or `command line`.

    `name` is the variable or the dotted key. The line is looked up when it is asked for.
    """

    source: Source
    name: str = ""
    document: Document | None = None

    def __str__(self) -> str:
        if self.document is not None:
            return self.document.place(*self.name.split("."))
        if self.source is Source.ENVIRONMENT:
            return f"{self.source.value} {printable(self.name)}"
        return self.source.value

    @property
    def group(self) -> str:
        """The file as a whole, or the layer."""
        return printable(self.document.path) if self.document else self.source.value


DEFAULT = Origin(Source.DEFAULT)
