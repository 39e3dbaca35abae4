"""The rules there are. One more is a function that yields notices, and a line here."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from eveobs.errors import ConfigError
from eveobs.operate.alerts import contracts, production, upkeep
from eveobs.operate.alerts.ground import Ground
from eveobs.store.notices import Notice


class Rule(NamedTuple):
    """`look` yields what there is to notice. A `state` lasts, and is told again when it comes back;
    the rest happens once. `heading` is what a digest calls it. `of_eveobs`: about eveobs itself.
    """

    heading: str
    look: Callable[[Ground], Iterator[Notice]]
    state: bool = False
    of_eveobs: bool = False


RULES: Mapping[str, Rule] = {
    "undercut": Rule("Undercut", contracts.undercut, state=True),
    "accepted": Rule("Your contracts", contracts.accepted),
    "expiring": Rule("Ending soon", contracts.expiring),
    "job-done": Rule("Industry", production.job_done),
    "extractor-ending": Rule("Planets", production.extractor_ending),
    "partial": Rule("Observation", upkeep.partial, state=True, of_eveobs=True),
    "token": Rule("Sign-ins", upkeep.token, state=True, of_eveobs=True),
    "health": Rule("Health", upkeep.health, state=True, of_eveobs=True),
}
"""In the order of a digest."""


def chosen(names: Collection[str]) -> Sequence[str]:
    """`names`, or all there are for none. Raises ConfigError for one that there is not."""
    for name in names:
        if name not in RULES:
            raise ConfigError(
                f"alerts.rules: there is no rule {name!r}", hint=f"There are: {', '.join(RULES)}."
            )
    return [name for name in RULES if name in names] if names else list(RULES)
