"""Whether EVE Online's sign-in answers, and how long each character stays signed in."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from functools import partial

from eveobs.errors import ConfigError, UnreachableError
from eveobs.esi.sign_ins import SignIns, days_left
from eveobs.esi.vault import Entry
from eveobs.operate.health.checking import Check, in_thread, threaded
from eveobs.operate.health.esi_look import LONGEST, EsiLook
from eveobs.operate.health.finding import Finding, State, degraded, healthy, unhealthy
from eveobs.operate.health.home import Home

SOON = 7
"""Days."""
ALGORITHM = "RS256"
"""What access tokens are signed with."""
AGAIN = "`eveobs auth login` signs the character in again."
LASTS = 300.0


def checks(home: Home, _: EsiLook) -> Iterable[Check]:
    """The SSO, where it is in use, and the tokens, which are not used up by looking at them."""
    yield Check("sso", partial(sso, home), lasts=LASTS)
    yield Check("sign-in", threaded(lambda: sign_ins(home)), lasts=LASTS)


async def sso(home: Home) -> Finding:
    """Its addresses and keys. Where they are not to be had, it matters to who is signed in."""
    ours = _of(home)
    entries = await in_thread(ours.vault.entries)
    if not home.loaded.settings.sso.client_id and not entries:
        return healthy("not in use", in_use=False)
    told = unhealthy if entries else degraded
    try:
        async with asyncio.timeout(LONGEST):
            endpoints, keys = await in_thread(lambda: asyncio.run(ours.sso.look()))
    except UnreachableError as error:
        return told(error.message, error.hint or "", in_use=True)
    except TimeoutError:
        return told(f"no answer within {LONGEST:g} seconds", "Check the network.", in_use=True)
    algorithms = sorted({str(key.get("alg", "")) for key in keys.keys})
    values = {"in_use": True, "issuer": endpoints.issuer, "algorithms": algorithms}
    if ALGORITHM not in algorithms:
        hint = "Tokens cannot be verified; is sso.base_url right?"
        return unhealthy(f"it has no {ALGORITHM} key", hint, **values)
    number = len(keys.keys)
    return healthy(f"{number} {'key' if number == 1 else 'keys'}", **values)


def sign_ins(home: Home) -> list[Finding]:
    """A finding a character. Raises ConfigError for sign-ins that cannot be opened."""
    ours = _of(home)
    entries = ours.vault.entries()
    if not entries:
        return [healthy("nobody is signed in", characters=0)]
    now = home.clock()
    return [_one(ours, entry, now) for entry in entries]


def _one(ours: SignIns, entry: Entry, now: float) -> Finding:
    left = days_left(entry, now)
    values = {
        "character_id": entry.character_id,
        "days_left": left,
        "scopes": len(entry.scopes),
    }
    try:
        ours.vault.tokens(entry.character_id)
    except ConfigError as error:
        return Finding(State.UNHEALTHY, error.message, error.hint or "", values, entry.name)
    if not left:
        return Finding(State.DEGRADED, "not signed in any more", AGAIN, values, entry.name)
    figure = f"{left} {'day' if left == 1 else 'days'} left, {len(entry.scopes)} scopes"
    if left <= SOON:
        hint = "`eveobs auth refresh --all` renews it, and so does any fetch."
        return Finding(State.DEGRADED, figure, hint, values, entry.name)
    return Finding(State.HEALTHY, figure, "", values, entry.name)


def _of(home: Home) -> SignIns:
    loaded = home.loaded
    return SignIns(
        loaded.settings.sso,
        loaded.places.data,
        loaded.places.cache,
        esi=loaded.settings.esi.base_url,
        clock=home.clock,
    )
