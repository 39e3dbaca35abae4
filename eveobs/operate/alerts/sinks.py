"""Those who are told: addresses in the language of Apprise, which knows mail and most chats."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from eveobs.errors import ConfigError
from eveobs.operate.alerts.digest import Message
from eveobs.settings.secret import Secret


@dataclass(frozen=True, slots=True)
class Sink:
    """One of them. `id` tells it from the others without giving its address away; `kind` is said to
    people.
    """

    id: str
    kind: str
    server: Any

    def send(self, message: Message) -> bool:
        """Whether it was taken.

        By Apprise's own path, not the plugin's: only there is plain text converted to what the
        service takes, HTML escaped.
        """
        import apprise

        everybody = apprise.Apprise()
        everybody.add(self.server)
        return bool(
            everybody.notify(
                title=message.title,
                body=message.body,
                body_format=apprise.NotifyFormat.TEXT,
                interpret_escapes=False,
            )
        )


def ids(addresses: Secret) -> list[str]:
    """The ids of the sinks of these addresses, which need not be addresses that Apprise knows."""
    return [_id(word) for word in addresses.reveal().split()]


def _id(address: str) -> str:
    return sha256(address.encode()).hexdigest()[:12]


def sinks(addresses: Secret) -> list[Sink]:
    """A sink an address. Raises ConfigError for one that Apprise does not know; it is not shown."""
    words = addresses.reveal().split()
    if not words:
        return []
    try:
        import apprise
    except ImportError as error:
        raise ConfigError(
            "alerts.to needs Apprise, which is not installed", hint="pip install 'eveobs[alerts]'"
        ) from error
    logging.getLogger("apprise").addHandler(logging.NullHandler())
    found = {}
    for number, word in enumerate(words, 1):
        server = apprise.Apprise.instantiate(word, suppress_exceptions=True)
        kind = urlsplit(word).scheme or "?"
        if server is None:
            raise ConfigError(
                f"alerts.to: address {number}, {kind}://…, is none that Apprise knows",
                hint="Its documentation has the addresses of all services.",
            )
        identity = _id(word)
        found[identity] = Sink(identity, kind, server)
    return list(found.values())
