"""Whose token goes with a request, and what it means when ESI does not take it.

What ESI refused once is not asked again with the same token: a missing role is one 403, not as many
as there are contracts. Tokens are kept in memory alone, and are in no message.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from eveobs.errors import SignInError

if TYPE_CHECKING:
    from eveobs.esi.access import Access
    from eveobs.esi.answers import Reply
    from eveobs.esi.route import Route

NO_SCOPE = re.compile("not valid for scope", re.IGNORECASE)
NO_ROLE = re.compile("required role", re.IGNORECASE)
NO_TOKEN = re.compile("token (is|has) (expired|invalid)", re.IGNORECASE)
"""ESI's words in a 403; an older gateway says so of a token, where it should say 401."""


class RoleError(SignInError):
    """ESI refuses a character for want of a role in its corporation."""


def permit(route: Route, access: Access | None) -> None:
    """Raise SignInError where `route` needs a character, or a scope that `access` lacks."""
    if not route.scope:
        return
    if access is None:
        raise SignInError(
            f"{route.path} needs a character that allowed {route.scope}",
            hint=f"`eveobs auth login --scopes {route.scope}` signs one in.",
        )
    if route.scope not in access.scopes:
        raise _without_scope(route, access)


def whose(route: Route, access: Access | None) -> str:
    """What tells the answers of `route` to one character from those to another.

    Raises SignInError where it may not be asked at all.
    """
    permit(route, access)
    return f"|{access.character_id}|{route.scope}" if access else ""


@dataclass(slots=True)
class Signer:
    """Signs the requests of one client."""

    _refusals: dict[tuple[str, str], SignInError] = field(default_factory=dict, repr=False)

    async def token(self, route: Route, access: Access, origin: str, *, refused: str = "") -> str:
        """The access token to ask `route` with at `origin`; another one than `refused`.

        Raises SignInError when there is none, or when ESI refused this one already.
        """
        token = await access.token(origin, refused=refused)
        for what in (route.path, ""):
            if (error := self._refusals.get((token, what))) is not None:
                raise error.with_traceback(None)
        return token

    def refusal(
        self, route: Route, access: Access, token: str, reply: Reply
    ) -> tuple[SignInError, bool] | None:
        """What a 401 or 403 to `token` comes down to where it is about the character; whether it is
        about the token, so that another one may do.
        """
        words = reply.detail
        if reply.status == 401 or (reply.status == 403 and NO_TOKEN.search(words)):
            return _not_taken(access, words), True
        error = None
        if reply.status == 403 and NO_SCOPE.search(words):
            error = _without_scope(route, access)
        elif reply.status == 403 and NO_ROLE.search(words):
            error = _without_role(route, access)
        if error is None:
            return None
        self._refusals[token, route.path] = error
        return error, False

    def give_up(self, token: str, error: SignInError) -> None:
        """ESI took neither `token` nor the one before it: nothing more is asked with it."""
        self._refusals[token, ""] = error


def _not_taken(access: Access, words: str) -> SignInError:
    said = f" ({words})" if words else ""
    return SignInError(
        f"ESI does not take the access token of {access.name}{said}",
        hint=f"`eveobs auth login` signs {access.name} in again.",
    )


def _without_scope(route: Route, access: Access) -> SignInError:
    return SignInError(
        f"{access.name} has not allowed {route.scope}, which {route.path} needs",
        hint=f"`eveobs auth login --scopes {route.scope}` asks for it.",
    )


def _without_role(route: Route, access: Access) -> SignInError:
    roles = " or ".join(role.replace("_", " ") for role in route.roles)
    needed = f"the role {roles}" if roles else "a role"
    return RoleError(
        f"{access.name} lacks {needed} in the corporation, which {route.path} needs",
        hint="Sign a member in that has it: `eveobs auth login"
        + (f" --scopes {route.scope}`." if route.scope else "`."),
    )
