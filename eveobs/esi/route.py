"""What ESI's OpenAPI document says about one route."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple
from urllib.parse import quote

QUESTIONS_BY_POST = frozenset(
    {
        "/characters/affiliation",
        "/characters/{character_id}/assets/locations",
        "/characters/{character_id}/assets/names",
        "/characters/{character_id}/cspa",
        "/corporations/{corporation_id}/assets/locations",
        "/corporations/{corporation_id}/assets/names",
        "/route/{origin_system_id}/{destination_system_id}",
        "/universe/ids",
        "/universe/names",
    }
)
"""Routes that change nothing, and are asked by POST for the length of the question."""


class Route(NamedTuple):
    """A row of the route table.

    `cache_age` is in seconds (0: the document gives none). `paging` is "", "x-pages", "cursor" or
    "from-id". `group`, `tokens` and `window` (seconds) describe the rate limit; an empty group
    means that the error limit holds instead. `roles`: any one of them is enough.
    """

    method: str
    path: str
    cache_age: int = 0
    paging: str = ""
    group: str = ""
    tokens: int = 0
    window: int = 0
    scope: str = ""
    roles: tuple[str, ...] = ()

    @property
    def safe(self) -> bool:
        """Whether asking twice does no more than asking once."""
        return self.method == "GET" or self.path in QUESTIONS_BY_POST

    def url(self, parameters: Mapping[str, object] | None = None) -> str:
        """Path and query for `parameters`: those the path names go there, the rest are the query.

        Raises KeyError for a path parameter that is missing.
        """
        left = dict(parameters or {})
        path = self.path
        for name in _named(path):
            path = path.replace(f"{{{name}}}", _quoted(left.pop(name)))
        if not left:
            return path
        query = "&".join([f"{_quoted(name)}={_quoted(left[name])}" for name in sorted(left)])
        return f"{path}?{query}"


@cache
def _named(path: str) -> tuple[str, ...]:
    """The parameters of a path: `region_id` of `/markets/{region_id}/orders`."""
    return tuple(part[1:-1] for part in path.split("/") if part.startswith("{"))


def _quoted(value: object) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text if text.isascii() and text.isalnum() else quote(text, safe="")
