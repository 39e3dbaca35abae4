"""Values that never show themselves: a repr, a log line, an error or a dump gives `***`."""

from __future__ import annotations

import re
from typing import NoReturn

from eveobs.errors import ConfigError

MASK = "***"
_TELLING_PARAMETER = re.compile(
    r"([?&][^=&]*(?:pass|pwd|secret|token|key)[^=&]*=)[^&]*", re.IGNORECASE
)


def mask_credentials(text: str) -> str:
    """`text` with the password of a URL hidden: `postgresql://user:***@host/db`.

    Everything from the first colon of the user part to the last `@` counts as the password, so
    that one with an unescaped `@` or `/` is hidden whole.
    """
    scheme, mark, rest = text.partition("://")
    if not mark:
        return text
    credentials, at, host = rest.rpartition("@")
    user, colon, _ = credentials.partition(":")
    shown = f"{user}:{MASK}" if colon else user
    return _TELLING_PARAMETER.sub(rf"\1{MASK}", f"{scheme}://{shown}{at}{host}")


class Secret:
    """A text that only `reveal` gives away; it can be neither pickled nor encoded."""

    __slots__ = ("__text",)

    def __init__(self, text: str = "") -> None:
        self.__text = text

    def reveal(self) -> str:
        """The text itself, for the one call that needs it."""
        return self.__text

    def masked(self) -> str:
        """What may be shown: nothing of it, and only whether there is one."""
        return MASK if self.__text else ""

    def __str__(self) -> str:
        return self.masked()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.masked()!r})"

    def __format__(self, format_spec: str) -> str:
        return format(self.masked(), format_spec)

    def __bool__(self) -> bool:
        return bool(self.__text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self.__text == other.__text

    def __hash__(self) -> int:
        return hash((Secret, self.__text))

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a secret is never pickled")


class SecretUrl(Secret):
    """A URL that may carry a password: all of it but the password may be shown."""

    __slots__ = ()

    def masked(self) -> str:
        """The URL without its password; nothing at all of what is no URL."""
        text = self.reveal()
        return mask_credentials(text) if "://" in text else super().masked()


class Withheld(Secret):
    """A secret that was given for another site than the one that is set: nobody gets it.

    It counts as set, and every attempt to `reveal` it raises ConfigError.
    """

    __slots__ = ("_hint", "_reason")

    def __init__(self, reason: str, hint: str) -> None:
        super().__init__()
        self._reason = reason
        self._hint = hint

    def reveal(self) -> NoReturn:
        """Raise ConfigError with the reason."""
        raise ConfigError(self._reason, hint=self._hint)

    def masked(self) -> str:
        """The mask: there is a secret."""
        return MASK

    def __bool__(self) -> bool:
        return True
