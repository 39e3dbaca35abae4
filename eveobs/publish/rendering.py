"""From a record and the template of its kind to a document."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Template, TemplateError

from eveobs.errors import ConfigError
from eveobs.publish import text
from eveobs.publish.document import Document, Key, fingerprint
from eveobs.publish.kinds import TEMPLATES, Kind
from eveobs.publish.target import Links
from eveobs.publish.template_sandbox import Sandbox, render, template_environment
from eveobs.telemetry.stages import Stage, stage

FIRST_DAY = datetime(2003, 5, 6, tzinfo=UTC)
"""The date of what has none: the day the game opened."""
FILTERS: dict[str, Callable[..., Any]] = {
    "isk": text.isk,
    "exact_isk": text.exact_isk,
    "short_isk": text.short_isk,
    "number": text.number,
    "percent": text.percent,
    "moment": text.moment,
    "day": text.day,
    "words": text.words,
    "lines": text.lines,
    "prose": text.prose,
}

UNFIT = (
    *(TemplateError, TypeError, ValueError, LookupError, AttributeError, ArithmeticError),
    *(RecursionError, SyntaxError, MemoryError),  # of what Jinja makes of a template
)
"""What a template that does not fit, or was never meant to, can raise."""


class Renderer:
    """Makes documents, for one target. `folder` is the user's own templates; `images` the address
    of EVE's image server.
    """

    def __init__(
        self, kinds: Mapping[str, Kind], links: Links, images: str, folder: Path | None
    ) -> None:
        self._pages = _pages(folder)
        self._kinds, self._links, self._images = kinds, links, images
        self.version = fingerprint([links.version, links.titled, images])

    @stage(Stage.RENDERING)
    def hash(self, kind: Kind, record: Mapping[str, Any]) -> str:
        """Tells this state of a record, through this version of the template, from all others."""
        return fingerprint([self.version, kind.version, record])

    @stage(Stage.RENDERING)
    def document(self, kind: Kind, external_id: str, record: Mapping[str, Any]) -> Document:
        """The page of `record`. Raises ConfigError for a template that does not fit it."""
        with _fitting(kind, external_id):
            facts = self._facts(kind, external_id, record)
            return self._document(kind, external_id, facts, self.hash(kind, record))

    @stage(Stage.RENDERING)
    def title(self, kind: Kind, external_id: str, record: Mapping[str, Any]) -> str:
        """The title of the page of `record`."""
        with _fitting(kind, external_id):
            return self._title(kind, self._facts(kind, external_id, record))

    def terms(self, kind: Kind, record: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
        """Its terms by taxonomy."""
        with _fitting(kind, "?"):
            facts = self._facts(kind, "", record)
            return {name: _names(_expression(rule)(**facts)) for name, rule in kind.terms.items()}

    def meta(self, kind: Kind, record: Mapping[str, Any]) -> dict[str, str]:
        """Its meta fields."""
        with _fitting(kind, "?"):
            facts = self._facts(kind, "", record)
            return {name: _text(_expression(rule)(**facts)) for name, rule in kind.meta.items()}

    def date(self, kind: Kind, record: Mapping[str, Any]) -> datetime:
        """Its date, in UTC and whole seconds."""
        with _fitting(kind, "?"):
            found = _expression(kind.date)(**self._facts(kind, "", record)) or FIRST_DAY
            moment: datetime = found.astimezone(UTC).replace(microsecond=0)
            return moment

    def _facts(self, kind: Kind, external_id: str, record: Mapping[str, Any]) -> dict[str, Any]:
        return {
            **record,
            "external_id": external_id,
            "kind": kind,
            "titled": self._links.titled,
            "page": self._page_of(record.get("pages", ())),
            "picture": self._picture,
        }

    def _title(self, kind: Kind, facts: Mapping[str, Any]) -> str:
        title = text.readable(render(_template(kind.title), facts))
        return title[:200] or f"{kind.singular} {facts['external_id']}"

    def _document(
        self, kind: Kind, external_id: str, facts: Mapping[str, Any], digest: str
    ) -> Document:
        excerpt = text.readable(render(_template(kind.excerpt), facts))
        page = render(self._pages.get_template(kind.template), facts)
        return Document(
            kind=kind.kind,
            external_id=external_id,
            slug=slug(Key(kind.kind, external_id)),
            title=self._title(kind, facts),
            html=text.clean(page),
            excerpt=excerpt[:300],
            date=self.date(kind, facts),
            meta=self.meta(kind, facts),
            terms=self.terms(kind, facts),
            image=str(_expression(kind.image)(**facts) or ""),
            hash=digest,
        )

    def _picture(self, category: str, id_: int, variation: str, size: int = 128) -> str:
        """`/{category}/{id}/{variation}?size=`: see EVE's image server."""
        return f"{self._images}/{category}/{id_}/{variation}?size={size}"

    def _page_of(self, pages: Any) -> Callable[[str, int | str | None], str]:
        known = {tuple(one) for one in pages}

        def page(kind: str, id_: int | str | None) -> str:
            """The address of another document, "" where there is none."""
            key = Key(kind, str(id_))
            return self._links.href(key, slug(key)) if tuple(key) in known else ""

        return page


@lru_cache(maxsize=8)
def _pages(folder: Path | None) -> Sandbox:
    """What makes pages. A changed file is read again; the rest is compiled once for the process."""
    own = [folder] if folder else []
    return template_environment(*own, TEMPLATES, filters=FILTERS)


@cache
def _texts() -> Sandbox:
    """What makes titles and other texts, which are escaped where they are put into a page."""
    return template_environment(autoescape=False, filters=FILTERS)


@lru_cache(maxsize=1000)
def _template(source: str) -> Template:
    return _texts().from_string(source)


@lru_cache(maxsize=1000)
def _expression(rule: str) -> Callable[..., Any]:
    return _texts().compile_expression(rule, undefined_to_none=False)


@contextmanager
def _fitting(kind: Kind, external_id: str) -> Iterator[None]:
    try:
        yield
    except UNFIT as error:
        raise ConfigError(
            f"the template {kind.template} does not fit {kind.kind} {external_id}: "
            f"{error or type(error).__name__}"
        ) from error


def slug(key: Key) -> str:
    """The same for ever, and nobody else's: eve-contract-222000016."""
    return f"eve-{key.kind}-{key.external_id}".lower()


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.2f}"
    return text.readable(str(value))


def _names(value: Any) -> tuple[str, ...]:
    some = value if isinstance(value, list | tuple) else [value]
    return tuple(dict.fromkeys(name for name in map(_text, some) if name))
