"""What ESI's OpenAPI document says about one route."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote, urlencode


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

    def url(self, parameters: Mapping[str, object] | None = None) -> str:
        """Path and query for `parameters`: those the path names go there, the rest are the query.

        Raises KeyError for a path parameter that is missing.
        """
        left = dict(parameters or {})
        parts = [
            quote(str(left.pop(part[1:-1])), safe="") if part.startswith("{") else part
            for part in self.path.split("/")
        ]
        query = urlencode(sorted((key, str(value)) for key, value in left.items()))
        return "/".join(parts) + (f"?{query}" if query else "")
