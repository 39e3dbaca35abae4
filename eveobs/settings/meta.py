"""What is declared of a setting beside its type and default."""

from __future__ import annotations

from typing import Any

import msgspec

from eveobs.settings.checks import Check

OLD_NAMES = {
    "ESI_BASE_URL": "esi.base_url",
    "ESI_TIMEOUT": "esi.total_timeout",
    "ESI_MAX_RETRIES": "esi.max_retries",
    "MAX_WORKERS": "esi.concurrency",
    "CACHE_SIZE": "cache.size_mb",
    "REDIS_URL": "cache.redis_url",
    "DATABASE_URL": "store.url",
    "BATCH_SIZE": "store.batch_size",
    "LOG_LEVEL": "log.level",
    "LOG_FILE": "log.file",
    "WORDPRESS_URL": "wordpress.url",
}
"""Variables of the first EVE Observer, read where the `EVEOBS_` variable is not set."""

SPELLINGS = {"log.level": {"warn": "warning", "critical": "error", "fatal": "error"}}
"""Other words for a choice; the first EVE Observer's LOG_LEVEL had Python's names."""


def about(
    description: str,
    *,
    check: Check | None = None,
    harmless: bool = False,
    address: str = "",
    **limits: float,
) -> msgspec.Meta:
    """What a key is for (a sentence or two, for operators) and its limits: ge, le, min_length.

    `harmless`: eveobs.toml of a working folder may set it without being trusted. True only for
    what chooses, filters, displays or limits work in this run; never for what names a host, a path,
    a header, a template or a secret, decides what becomes public, or changes what is kept for
    other runs.
    `address`: of a secret, the key of the site that it is for.
    """
    extra = {"check": check, "harmless": harmless, "address": address}
    facts: dict[str, Any] = {"description": description, "extra": extra, **limits}
    meta: msgspec.Meta = msgspec.Meta(**facts)
    return meta
