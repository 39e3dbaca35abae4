"""As whom `eveobs api` asks a route that is not everybody's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from eveobs.errors import SignInError, UsageError

if TYPE_CHECKING:
    from eveobs.cli.context import Run
    from eveobs.esi.access import Access
    from eveobs.esi.route import Route

OWN = "character_id"


def access_for(
    run: Run, route: Route, parameters: Mapping[str, str], name: str | None
) -> Access | None:
    """The character of `name`, or else the one whose route it is, or the only one that may; None
    for a route that needs nobody. Raises SignInError where nobody may, UsageError for several.
    """
    if not route.scope:
        return None
    sign_ins = run.sign_ins()
    if name:
        return sign_ins.find(name)
    everybody = sign_ins.accesses()
    login = f"`eveobs auth login --scopes {route.scope}`"
    if OWN in parameters:
        for one in everybody:
            if str(one.character_id) == parameters[OWN]:
                return one
        raise SignInError(
            f"{route.path} needs {route.scope}, and character {parameters[OWN]} is not signed in",
            hint=f"{login} signs it in; --as NAME asks as another one.",
        )
    able = [one for one in everybody if route.scope in one.scopes]
    if len(able) > 1:
        names = ", ".join(one.name for one in able)
        raise UsageError(f"{route.path} can be asked as {names}", hint="Say who: --as NAME.")
    if not able:
        who = "nobody who signed in allowed it" if everybody else "nobody is signed in"
        raise SignInError(f"{route.path} needs {route.scope}, and {who}", hint=f"{login} does.")
    return able[0]
