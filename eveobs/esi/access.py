"""With whose permission a request is sent."""

from __future__ import annotations

from typing import Protocol


class Access(Protocol):
    """A character that signed in. Its limits are counted and its answers are cached apart."""

    @property
    def character_id(self) -> int:
        """Who."""

    @property
    def name(self) -> str:
        """The character's name."""

    @property
    def scopes(self) -> frozenset[str]:
        """What it allowed."""

    async def token(self, origin: str, *, refused: str = "") -> str:
        """An access token that is valid now, to be sent to `origin` (`web_origin` of the request's
        address) alone; another one than `refused`, which ESI did not take.

        Raises SignInError when the character must sign in again, and for every origin but the one
        that it signed in for.
        """
