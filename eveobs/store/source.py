"""The ESI whose data a store holds: one base URL and one tenant, kept in the store itself.

Data of two ESIs in one store would be worse than lost: the next complete list of one of them
declares everything of the other removed (a sandbox's 2,500 invented contracts, or a real region).
So the first write of ESI's data names the source, and every later one compares it within its own
transaction (`store.claim`). Reading is allowed whatever the settings say: it loses nothing.
"""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlsplit

from eveobs.errors import ConfigError

_PORTS = {"http": 80, "https": 443}


class EsiSource(NamedTuple):
    """An ESI: its base URL in one spelling (see `source_of`), and the tenant asked for.

    `declared`: a person has said that the store's data is from there (`store.esi_url`).
    """

    base_url: str
    tenant: str
    declared: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """What makes two sources the same."""
        return self.base_url, self.tenant

    @property
    def text(self) -> str:
        """The source in a message."""
        return f"{self.base_url} ({self.tenant})"


def source_of(base_url: str, tenant: str, *, declared: bool = False) -> EsiSource:
    """The source of these settings: host in lower case, no usual port, no slash at the end."""
    parts = urlsplit(base_url)
    host = (parts.hostname or "").lower()
    if ":" in host:
        host = f"[{host}]"
    port = parts.port
    if port is not None and port != _PORTS.get(parts.scheme):
        host = f"{host}:{port}"
    path = parts.path.rstrip("/")
    return EsiSource(f"{parts.scheme.lower()}://{host}{path}", tenant.lower(), declared)


OFFICIAL = source_of("https://esi.evetech.net", "tranquility")
"""What a store of before this mark is taken for: almost all are of the real ESI, and a store that
is wrongly refused costs a setting, one that is wrongly mixed costs its history.
"""


def refusal(
    kept: EsiSource, source: EsiSource, where: str, *, presumed: bool = False
) -> ConfigError:
    """The error for a store of `kept` that data of `source` is about to be written to."""
    belongs = "has data that is presumably of" if presumed else "belongs to"
    right = source.base_url if presumed else kept.base_url
    return ConfigError(
        f"the store {where} {belongs} {kept.text}; data of {source.text} cannot be added",
        hint=f"Set EVEOBS_HOME or store.url to another store. If its data is of the same ESI (a "
        f"proxy, a new address), set store.esi_url to {right}",
    )
