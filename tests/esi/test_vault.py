"""Refresh tokens at rest: what was changed, lost or written by a newer eveobs is refused, and kept."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

import keyring
import pytest
from keyring.backend import KeyringBackend

from eveobs.errors import ConfigError
from eveobs.esi import vault_key
from eveobs.esi.vault import Entry, Tokens, Vault

pytestmark = pytest.mark.unit

SSO, OTHER = "https://login.example", "http://127.0.0.1:8787"


class InMemory(KeyringBackend):
    """A keyring that works."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


class Silent(InMemory):
    """A keyring that waits for a person who is not there."""

    def set_password(self, service: str, username: str, password: str) -> None:
        import time

        time.sleep(5)


@pytest.fixture(autouse=True)
def no_keyring() -> Any:
    from keyring.backends.fail import Keyring

    before = keyring.get_keyring()
    keyring.set_keyring(Keyring())  # type: ignore[no-untyped-call]
    yield
    keyring.set_keyring(before)


def entry(number: int = 1, **more: Any) -> Entry:
    shown = {"sso": SSO, "name": f"Pilot {number}", "scopes": ("a",), "client_id": "x", "used": 5.0}
    return Entry(character_id=number, **{**shown, **more})


def opened(folder: Path, sso: str = SSO) -> Vault:
    return Vault(folder, sso)


def tokens() -> Tokens:
    return Tokens(refresh=secrets.token_urlsafe(), access=secrets.token_urlsafe(), expires=9.0)


def test_what_is_kept_comes_back_and_is_not_to_be_read(tmp_path: Path) -> None:
    first, second = tokens(), tokens()
    vault = opened(tmp_path)
    assert (vault.entries(), vault.tokens(1), vault.key_place()) == ([], None, "")
    vault.keep(entry(2), second)
    vault.keep(entry(1), first)
    again = opened(tmp_path)
    assert again.entries() == [entry(1), entry(2)]
    assert again.tokens(1) == (entry(1), first)
    assert again.tokens(2) == (entry(2), second)
    assert again.key_place() == "file"
    text = (tmp_path / "sign-ins.json").read_text()
    for one in (first, second):
        assert one.refresh not in text
        assert one.access not in text
        assert one.refresh not in repr(one)
    again.remove(1)
    assert opened(tmp_path).entries() == [entry(2)]


@pytest.mark.parametrize(
    "field", ["name", "scopes", "used", "client_id", "dead", "character_id", "sso", "esi"]
)
def test_a_changed_word_is_noticed(field: str, tmp_path: Path) -> None:
    opened(tmp_path).keep(entry(), tokens())
    file = tmp_path / "sign-ins.json"
    told = json.loads(file.read_text())
    other: dict[str, Any] = {"scopes": ["a", "b"], "used": 6.0, "dead": True, "character_id": 7}
    told["characters"][0]["entry"][field] = other.get(field, "another")
    file.write_text(json.dumps(told))
    before = file.read_bytes()
    vault = opened(tmp_path, "another" if field == "sso" else SSO)
    with pytest.raises(ConfigError, match="was changed, or sealed with another key"):
        vault.tokens(7 if field == "character_id" else 1)
    assert file.read_bytes() == before


@pytest.mark.parametrize("part", ["nonce", "sealed"])
def test_a_changed_secret_is_noticed(part: str, tmp_path: Path) -> None:
    opened(tmp_path).keep(entry(), tokens())
    file = tmp_path / "sign-ins.json"
    told = json.loads(file.read_text())
    text = told["characters"][0][part]
    told["characters"][0][part] = ("B" if text[0] == "A" else "A") + text[1:]
    file.write_text(json.dumps(told))
    with pytest.raises(ConfigError, match="cannot be opened"):
        opened(tmp_path).tokens(1)


def test_another_key_or_none_changes_nothing(tmp_path: Path) -> None:
    opened(tmp_path).keep(entry(), tokens())
    key = tmp_path / "sign-ins.key"
    mine = key.read_text()
    before = (tmp_path / "sign-ins.json").read_bytes()
    key.unlink()
    for ask in (lambda vault: vault.tokens(1), lambda vault: vault.keep(entry(2), tokens())):
        with pytest.raises(ConfigError, match="is gone"):
            ask(opened(tmp_path))  # type: ignore[no-untyped-call]
    assert not key.exists()
    key.write_text(mine[:10])
    with pytest.raises(ConfigError):
        opened(tmp_path).tokens(1)
    opened(tmp_path / "other").keep(entry(), tokens())
    key.write_text((tmp_path / "other" / "sign-ins.key").read_text())
    with pytest.raises(ConfigError, match="another key"):
        opened(tmp_path).tokens(1)
    assert (tmp_path / "sign-ins.json").read_bytes() == before


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"version": 2, "safes": []}', "newer eveobs"),
        ("", "damaged"),
        ("[1]", "damaged"),
        ('{"version": 1, "characters": [1]}', "damaged"),
    ],
)
def test_a_file_of_another_kind_is_left_alone(text: str, words: str, tmp_path: Path) -> None:
    file = tmp_path / "sign-ins.json"
    file.write_text(text)
    for ask in (Vault.entries, lambda vault: vault.keep(entry(), tokens())):
        with pytest.raises(ConfigError, match=words):
            ask(opened(tmp_path))
    assert file.read_text() == text


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(ConfigError, match="cannot be"):
        opened(tmp_path / "data").keep(entry(), tokens())


def test_a_keyring_that_works_has_the_key(tmp_path: Path) -> None:
    keyring.set_keyring(InMemory())
    kept = tokens()
    opened(tmp_path).keep(entry(), kept)
    assert opened(tmp_path).key_place() == "keyring"
    assert not (tmp_path / "sign-ins.key").exists()
    assert opened(tmp_path).tokens(1) == (entry(), kept)
    keyring.set_keyring(InMemory())
    with pytest.raises(ConfigError, match="keyring does not give the key"):
        opened(tmp_path).tokens(1)


def test_a_keyring_that_does_not_answer_is_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vault_key, "PATIENCE", 0.05)
    keyring.set_keyring(Silent())
    opened(tmp_path).keep(entry(), tokens())
    assert opened(tmp_path).key_place() == "file"


def test_two_ssos_do_not_see_each_other(tmp_path: Path) -> None:
    mine, theirs = tokens(), tokens()
    real, sandbox = opened(tmp_path), opened(tmp_path, OTHER)
    real.keep(entry(), mine)
    sandbox.keep(entry(sso=OTHER), theirs)
    assert (real.entries(), sandbox.entries()) == ([entry()], [entry(sso=OTHER)])
    assert real.tokens(1) == (entry(), mine)
    assert sandbox.tokens(1) == (entry(sso=OTHER), theirs)
    sandbox.remove(1)
    assert sandbox.tokens(1) is None
    assert real.tokens(1) == (entry(), mine)


def test_what_would_keep_a_sign_in_from_being_kept_is_told_before(tmp_path: Path) -> None:
    opened(tmp_path).check()
    opened(tmp_path).keep(entry(), tokens())
    opened(tmp_path).check()
    (tmp_path / "sign-ins.key").unlink()
    with pytest.raises(ConfigError, match="is gone"):
        opened(tmp_path).check()
    (tmp_path / "data").write_text("a file")
    with pytest.raises(ConfigError, match="cannot be"):
        opened(tmp_path / "data").check()


def test_the_key_stays_when_the_last_one_leaves(tmp_path: Path) -> None:
    """A process that has had the key at hand all the time can go on."""
    long_running = opened(tmp_path)
    long_running.keep(entry(), tokens())
    opened(tmp_path).remove(1)
    opened(tmp_path).keep(entry(2), tokens())
    kept = tokens()
    long_running.keep(entry(3), kept)
    assert opened(tmp_path).tokens(3) == (entry(3), kept)
    assert opened(tmp_path).tokens(2) is not None


def test_nobody_is_lost_with_the_key_of_an_empty_vault(tmp_path: Path) -> None:
    opened(tmp_path).keep(entry(), tokens())
    opened(tmp_path).remove(1)
    (tmp_path / "sign-ins.key").unlink()
    opened(tmp_path).keep(entry(), tokens())
    assert opened(tmp_path).tokens(1) is not None
