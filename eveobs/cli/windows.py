"""What a plan says of rate limits: which of them it does not fit into, and how long that takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from eveobs.esi.access import Access
    from eveobs.esi.limits import Bucket, Ledger
    from eveobs.esi.planning import Need, Plan

MINUTE = 60


@dataclass(slots=True)
class Windows:
    """Adds up what plans need of each bucket: of a group, for a character or for nobody."""

    _needs: dict[str, Need] = field(default_factory=dict)
    _names: dict[str, str] = field(default_factory=dict)

    def add(self, plan: Plan, access: Access | None) -> None:
        """One more plan, of what is asked as `access`."""
        from eveobs.esi.admission import owner_of
        from eveobs.esi.limits import bucket_key

        for group, need in plan.needs.items():
            key = bucket_key(group, owner_of(access))
            before = self._needs[key].tokens if key in self._needs else 0
            self._needs[key] = need._replace(tokens=before + need.tokens)
            self._names[key] = f"{group} of {access.name}" if access else group

    def seconds(self, ledger: Ledger, now: float) -> float:
        """How long the plans take at least for these limits; 0 where they fit into what is left."""
        whole = [_now(need, ledger.buckets, key, now) for key, need in self._needs.items()]
        return max((float(one.seconds) for one in whole if one.windows > 1), default=0.0)

    def told(self, ledger: Ledger, now: float) -> list[str]:
        """A sentence for each bucket that the plans do not fit into, as far as it is full now."""
        return [
            _sentence(self._names[key], need, ledger.buckets, key, now)
            for key, need in self._needs.items()
            if _now(need, ledger.buckets, key, now).windows > 1
        ]


def _now(need: Need, buckets: Mapping[str, Bucket], key: str, now: float) -> Need:
    """What is needed of the bucket with what is spent of it already, at the limits ESI told."""
    if (bucket := buckets.get(key)) is None:
        return need
    return need._replace(
        tokens=need.tokens + bucket.used(now), limit=max(bucket.limit, 1), window=bucket.window
    )


def _sentence(name: str, need: Need, buckets: Mapping[str, Bucket], key: str, now: float) -> str:
    whole = _now(need, buckets, key, now)
    spent = whole.tokens - need.tokens
    already = f", {spent:,} of them spent" if spent else ""
    return (
        f"this needs {need.tokens:,} tokens of the rate limit {name}, "
        f"which has {whole.limit:,} in {whole.window / MINUTE:g} minutes{already}: "
        f"{whole.windows} windows, at least {whole.seconds / MINUTE:g} minutes"
    )
