"""Signing in at a sandbox as a person would, without one."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from tests.conftest import Eveobs


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def signed_home(url: str, home: Path) -> dict[str, str]:
    """The environment of an eveobs with a home of its own, for the sandbox at `url`."""
    return {
        "EVEOBS_HOME": str(home),
        "EVEOBS_ESI__BASE_URL": url,
        "EVEOBS_SSO__BASE_URL": url,
        "EVEOBS_SSO__CLIENT_ID": "eveobs-sandbox",
        "EVEOBS_SSO__CALLBACK_PORT": str(free_port()),
        "EVEOBS_STATIC_DATA__BASE_URL": f"{url}/static-data",
        "EVEOBS_IMAGES__BASE_URL": f"{url}/images",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
    }


class Person:
    """Clicks on a character, or on Cancel, in the page that eveobs opens."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.choice = ""
        self.page = ""
        monkeypatch.setattr("webbrowser.open", self._open)
        # CliRunner sets the environment for its own run only, and keyring reads it at import.
        monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")

    def _open(self, address: str) -> bool:
        with urlopen(f"{address}&{self.choice}", timeout=10) as answer:  # noqa: S310
            self.page = answer.read().decode()
        return True

    def sign_in(self, eveobs: Eveobs, character: int | str, *arguments: str) -> Any:
        """`eveobs auth login` by this character."""
        self.choice = f"character={character}"
        result = eveobs("auth", "login", *arguments)
        assert result.exit_code == 0, result.output
        return result
