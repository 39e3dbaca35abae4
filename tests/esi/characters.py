"""Characters that signed in, as far as a client needs them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from eveobs.errors import SignInError


@dataclass
class Character:
    """An Access whose token is another one each time that the one before was refused."""

    character_id: int = 90_000_001
    name: str = "Kara Ovessa"
    scopes: frozenset[str] = frozenset()
    tokens: list[str] = field(default_factory=lambda: [secrets.token_urlsafe(16)])
    dead: bool = False

    async def token(self, origin: str, *, refused: str = "") -> str:
        if self.dead:
            raise SignInError(f"{self.name} must sign in again", hint="`eveobs auth login`")
        if refused == self.tokens[-1]:
            self.tokens.append(secrets.token_urlsafe(16))
        return self.tokens[-1]
