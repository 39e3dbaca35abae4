"""The routes that eveobs itself reads; `eveobs api` may read any other.

A test loads every module and compares this list with the routes that they look up.
"""

from __future__ import annotations

USED: frozenset[tuple[str, str]] = frozenset(
    {
        ("GET", "/characters/{character_id}"),
        ("GET", "/characters/{character_id}/assets"),
        ("GET", "/characters/{character_id}/blueprints"),
        ("GET", "/characters/{character_id}/contracts"),
        ("GET", "/characters/{character_id}/contracts/{contract_id}/bids"),
        ("GET", "/characters/{character_id}/contracts/{contract_id}/items"),
        ("GET", "/characters/{character_id}/corporationhistory"),
        ("GET", "/characters/{character_id}/industry/jobs"),
        ("GET", "/characters/{character_id}/orders"),
        ("GET", "/characters/{character_id}/orders/history"),
        ("GET", "/characters/{character_id}/planets"),
        ("GET", "/characters/{character_id}/planets/{planet_id}"),
        ("GET", "/characters/{character_id}/portrait"),
        ("GET", "/characters/{character_id}/roles"),
        ("GET", "/characters/{character_id}/skillqueue"),
        ("GET", "/characters/{character_id}/skills"),
        ("GET", "/characters/{character_id}/wallet"),
        ("GET", "/characters/{character_id}/wallet/journal"),
        ("GET", "/characters/{character_id}/wallet/transactions"),
        ("GET", "/contracts/public/bids/{contract_id}"),
        ("GET", "/contracts/public/items/{contract_id}"),
        ("GET", "/contracts/public/{region_id}"),
        ("GET", "/corporations/{corporation_id}"),
        ("GET", "/corporations/{corporation_id}/alliancehistory"),
        ("GET", "/corporations/{corporation_id}/assets"),
        ("GET", "/corporations/{corporation_id}/blueprints"),
        ("GET", "/corporations/{corporation_id}/contracts"),
        ("GET", "/corporations/{corporation_id}/contracts/{contract_id}/bids"),
        ("GET", "/corporations/{corporation_id}/contracts/{contract_id}/items"),
        ("GET", "/corporations/{corporation_id}/icons"),
        ("GET", "/corporations/{corporation_id}/industry/jobs"),
        ("GET", "/corporations/{corporation_id}/members"),
        ("GET", "/corporations/{corporation_id}/orders"),
        ("GET", "/corporations/{corporation_id}/orders/history"),
        ("GET", "/corporations/{corporation_id}/wallets"),
        ("GET", "/corporations/{corporation_id}/wallets/{division}/journal"),
        ("GET", "/corporations/{corporation_id}/wallets/{division}/transactions"),
        ("GET", "/dogma/dynamic/items/{type_id}/{item_id}"),
        ("GET", "/markets/prices"),
        ("GET", "/markets/{region_id}/history"),
        ("GET", "/markets/{region_id}/orders"),
        ("GET", "/meta/changelog"),
        ("GET", "/meta/compatibility-dates"),
        ("GET", "/meta/status"),
        ("GET", "/status"),
        ("GET", "/universe/regions"),
        ("GET", "/universe/structures/{structure_id}"),
        ("POST", "/characters/{character_id}/assets/names"),
        ("POST", "/corporations/{corporation_id}/assets/names"),
        ("POST", "/universe/ids"),
        ("POST", "/universe/names"),
    }
)
"""Method and path, as in the route table."""
