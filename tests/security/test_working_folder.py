"""A file of settings that lies in the working folder decides nothing until its reader trusts it."""

from __future__ import annotations

import json
import os
import stat
import time
from pathlib import Path
from typing import Any

import pytest

from eveobs.errors import ConfigError
from eveobs.settings import Loaded, Settings, load
from eveobs.settings.keys import keys
from eveobs.settings.paths import find_places
from eveobs.settings.trust import Trust, TrustStore
from tests.conftest import Eveobs, process

pytestmark = pytest.mark.unit

HARMLESS = """
esi.language esi.concurrency esi.connect_timeout esi.read_timeout esi.total_timeout esi.max_retries
cache.memory_mb store.batch_size
observe.regions observe.characters observe.corporations observe.processors observe.types
observe.items observe.bids me.characters market.sales_tax market.broker_fee
log.level log.format watch.jitter watch.publish_minutes
alerts.rules alerts.expiring_hours alerts.extractor_hours alerts.partial_hours alerts.token_days
""".split()
"""Every other setting names a host, a path, a template or a secret, or decides what becomes public
or what is kept. A new one belongs here only if it does none of that.
"""
HOSTILE = """
[esi]
base_url = "http://127.0.0.1:1"
concurrency = 3
contact = "evil@example.org"
[cache]
dir = "cache"
redis_url = "redis://127.0.0.1:1/0"
[store]
url = "sqlite:///evil.sqlite3"
[sso]
base_url = "http://127.0.0.1:1"
client_id = "evil"
[log]
file = "evil.log"
level = "error"
[publish]
templates = "templates"
records = ["own-contracts", "characters"]
[site]
folder = "site"
[wordpress]
url = "http://127.0.0.1:1"
username = "evil"
[watch]
listen = "0.0.0.0:80"
heartbeat_start = "http://127.0.0.1:1/"
[alerts]
to = "json://127.0.0.1:1"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The working folder; the user's home is beside it."""
    found = tmp_path / "clone"
    found.mkdir()
    return found


def environ(folder: Path, **more: str) -> dict[str, str]:
    return {"EVEOBS_HOME": str(folder.parent / "home"), **more}


def loaded(folder: Path, **more: Any) -> Loaded:
    return load(environ=environ(folder), cwd=folder, **more)


def store(folder: Path) -> TrustStore:
    return TrustStore(find_places(environ(folder), folder).state)


def plant(folder: Path, text: str) -> Path:
    file = folder / "eveobs.toml"
    file.write_text(text)
    return file


def home_file(folder: Path, text: str) -> Path:
    file = folder.parent / "home" / "config" / "eveobs.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def run(folder: Path, *arguments: str, **options: Any) -> Any:
    return process(environ(folder), *arguments, cwd=folder, **options)


def test_what_is_harmless_is_listed_and_everything_else_needs_trust() -> None:
    assert {name for name, key in keys().items() if key.harmless} == {*HARMLESS}


def test_no_setting_with_a_rule_or_a_secret_is_harmless() -> None:
    """Addresses, paths, words of headers: all that has a rule of its own names such a thing."""
    for key in keys().values():
        assert not (key.harmless and (key.check or key.is_secret)), key.dotted


def test_a_file_in_the_working_folder_changes_nothing_but_what_is_harmless(folder: Path) -> None:
    file = plant(folder, HOSTILE)
    found = loaded(folder)
    changed = {name for name, origin in found.origins.items() if str(origin) != "default"}
    assert changed == {"esi.concurrency", "log.level"}
    assert found.settings.esi.base_url == Settings().esi.base_url
    assert found.places.cache == folder.parent / "home" / "cache"
    assert found.store_url() == f"sqlite:///{folder.parent}/home/data/eveobs.sqlite3"
    (warning,) = found.warnings
    first, hint = warning.splitlines()
    assert first.startswith(f"{file} is not trusted; ignored: esi.base_url, esi.contact, ")
    assert "alerts.to" in first
    assert hint == f"hint: eveobs config trust {file}"


def test_values_that_are_ignored_are_not_even_looked_at(folder: Path) -> None:
    plant(folder, "[esi]\nbase_url = 5\n[store]\nurl = 'mysql://u:p@h/d'\n")
    assert loaded(folder).settings == Settings()


def test_each_dangerous_setting_alone_is_ignored(folder: Path) -> None:
    """Whatever is not harmless, one at a time, given any text at all."""
    for key in keys().values():
        if not key.harmless:
            plant(folder, f"[{key.section}]\n{key.name} = 'x'\n")
            found = loaded(folder)
            assert list(found.ignored) == [key.dotted]
            assert found.settings == Settings(), key.dotted


def test_files_of_folders_above_are_never_read(folder: Path) -> None:
    below = folder / "a" / "b"
    below.mkdir(parents=True)
    plant(folder, "[esi]\nconcurrency = 3\n")
    assert load(environ=environ(folder), cwd=below).settings == Settings()


def test_a_file_called_env_is_never_read(folder: Path) -> None:
    (folder / ".env").write_text("EVEOBS_ESI__BASE_URL=http://127.0.0.1:1\n")
    (folder / ".envrc").write_text("export EVEOBS_ESI__BASE_URL=http://127.0.0.1:1\n")
    assert json.loads(run(folder, "config", "show", "--json").stdout)["esi"]["base_url"] == (
        Settings().esi.base_url
    )


def test_a_file_that_was_trusted_counts_until_a_byte_of_it_changes(folder: Path) -> None:
    file = plant(folder, HOSTILE)
    assert run(folder, "config", "trust", "--yes").returncode == 0
    found = loaded(folder)
    assert found.settings.esi.base_url == "http://127.0.0.1:1"
    assert found.settings.publish.templates == str(folder / "templates")
    assert not found.ignored
    file.write_text(HOSTILE + "\n")
    found = loaded(folder)
    assert found.settings.esi.base_url == Settings().esi.base_url
    assert "has changed since it was trusted" in found.warnings[0]
    file.write_text(HOSTILE)
    assert not loaded(folder).ignored


def test_trust_is_for_one_place(folder: Path) -> None:
    """Relative paths start at the folder of the file: the same bytes mean another thing there."""
    plant(folder, HOSTILE)
    run(folder, "config", "trust", "--yes")
    other = folder.parent / "other"
    other.mkdir()
    plant(other, HOSTILE)
    assert loaded(other).ignored


def test_a_link_to_a_trusted_or_own_file_is_another_file(folder: Path) -> None:
    own = home_file(folder, "[publish]\ntemplates = 'templates'\n[esi]\nconcurrency = 3\n")
    (folder / "eveobs.toml").symlink_to(own)
    found = loaded(folder)
    assert found.settings.publish.templates == str(own.parent / "templates")
    assert list(found.ignored) == ["publish.templates"]


def test_the_same_folder_by_another_name_is_trusted_too(folder: Path) -> None:
    plant(folder, HOSTILE)
    run(folder, "config", "trust", "--yes")
    link = folder.parent / "link"
    link.symlink_to(folder)
    assert not load(environ=environ(folder), cwd=link).ignored


def test_the_own_file_needs_no_trust_in_its_own_folder(folder: Path) -> None:
    own = home_file(folder, HOSTILE.replace("[store]\n", "[store]\nbatch_size = 7\n"))
    link = folder.parent / "link"
    link.symlink_to(own.parent)
    for place in (own.parent, link):
        found = load(environ=environ(folder), cwd=place)
        assert not found.ignored
        assert found.settings.esi.base_url == "http://127.0.0.1:1"


def test_what_a_person_named_counts(folder: Path) -> None:
    file = plant(folder, HOSTILE)
    assert loaded(folder, config=file).settings.esi.base_url == "http://127.0.0.1:1"
    variables = environ(folder, EVEOBS_ESI__BASE_URL="http://127.0.0.1:2")
    found = load(environ=variables, cwd=folder)
    assert found.settings.esi.base_url == "http://127.0.0.1:2"
    flags = {"esi.base_url": "http://127.0.0.1:3"}
    assert loaded(folder, flags=flags).settings.esi.base_url == "http://127.0.0.1:3"


def test_the_bytes_that_are_judged_are_the_bytes_that_are_used(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that is replaced while eveobs looks at it: once read, it is not read again."""
    file = plant(folder, "[esi]\nbase_url = 'http://127.0.0.1:7'\n")
    run(folder, "config", "trust", "--yes")
    status = TrustStore.status

    def swapped(self: TrustStore, path: Path, digest: str) -> Trust:
        file.write_text(HOSTILE)
        return status(self, path, digest)

    monkeypatch.setattr(TrustStore, "status", swapped)
    assert loaded(folder).settings.esi.base_url == "http://127.0.0.1:7"
    assert loaded(folder).ignored


@pytest.mark.parametrize("kind", ["fifo", "device", "link to a device", "link to a fifo"])
def test_what_is_no_regular_file_is_refused_at_once(folder: Path, kind: str) -> None:
    file = folder / "eveobs.toml"
    if kind == "fifo":
        os.mkfifo(file)
    elif kind == "link to a fifo":
        os.mkfifo(folder / "pipe")
        file.symlink_to(folder / "pipe")
    elif kind == "device":
        try:
            os.mknod(file, 0o600 | stat.S_IFCHR, os.makedev(1, 5))
        except PermissionError:
            pytest.skip("only root makes devices")
    else:
        file.symlink_to("/dev/zero")
    result = run(folder, "config", "show", timeout=20)
    assert result.returncode == 3
    assert "not a regular file" in result.stderr or "not permitted" in result.stderr


def test_a_huge_file_is_refused(folder: Path) -> None:
    with (folder / "eveobs.toml").open("wb") as file:
        file.truncate(1 << 40)
    result = run(folder, "config", "show", timeout=20)
    assert result.returncode == 3
    assert "larger than a megabyte" in result.stderr


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"path": 1}', "null", "[" * 5000])
def test_a_damaged_record_trusts_nothing(folder: Path, damage: str) -> None:
    file = plant(folder, HOSTILE)
    run(folder, "config", "trust", "--yes")
    record = store(folder).record(file)
    assert not loaded(folder).ignored
    record.write_text(damage)
    assert loaded(folder).ignored


def test_the_record_is_for_its_owner_alone(folder: Path) -> None:
    file = plant(folder, HOSTILE)
    run(folder, "config", "trust", "--yes")
    record = store(folder).record(file)
    assert stat.S_IMODE(record.stat().st_mode) == 0o600
    assert stat.S_IMODE(record.parent.stat().st_mode) == 0o700


# -- `config trust` ---------------------------------------------------------------------------------


def test_trusting_shows_what_it_means_and_asks(folder: Path) -> None:
    file = plant(folder, HOSTILE.replace("redis://", "redis://:structural-password@"))
    refused = run(folder, "--no-input", "config", "trust")
    assert refused.returncode == 2
    assert "--yes" in refused.stderr
    assert f"publish.templates = {folder}/templates" in refused.stderr
    assert "structural-password" not in refused.stderr
    assert loaded(folder).ignored
    assert store(folder).files() == []
    assert run(folder, "config", "trust", str(file), "--yes").returncode == 0
    again = process(environ(folder), "config", "trust", "clone", cwd=folder.parent)
    assert (again.returncode, "already" in again.stderr) == (0, True)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("[log]\nfile = 'x'\n[esi\n", "correct line 3, then trust the file"),
        ("[log]\nfile = 'x'\nfiel = 'x'\n", "correct line 3, then trust the file"),
        ("[log]\nfiel = 'x'\n\n[foo]\n", "correct lines 2, 4, then trust the file"),
    ],
)
def test_trusting_a_file_that_is_wrong_says_which_lines_to_correct(
    folder: Path, text: str, hint: str
) -> None:
    plant(folder, text)
    refused = run(folder, "config", "trust", "--yes")
    assert refused.returncode == 3
    assert refused.stderr.splitlines()[-1].endswith(hint), refused.stderr
    assert store(folder).files() == []


def test_a_file_of_another_user_is_said_to_be_one(folder: Path) -> None:
    file = plant(folder, HOSTILE)
    assert "another user" not in run(folder, "config", "trust").stderr
    try:
        os.chown(file, 12345, -1)
    except PermissionError:
        pytest.skip("only root gives files away")
    assert "belongs to another user" in run(folder, "config", "trust").stderr
    assert loaded(folder).ignored


def test_a_person_may_say_no(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(folder, HOSTILE)
    monkeypatch.chdir(folder)
    monkeypatch.setattr("eveobs.cli.trust._can_ask", lambda _: True)
    eveobs = Eveobs(environ(folder))
    for word in ("\n", "n\n", "", "maybe\n"):
        result = eveobs("config", "trust", stdin=word)
        assert result.exit_code == 1
        assert "not trusted" in result.output
        assert loaded(folder).ignored
    assert eveobs("config", "trust", stdin="y\n").exit_code == 0
    assert not loaded(folder).ignored


def test_trust_is_listed_and_taken_back(folder: Path) -> None:
    file = plant(folder, HOSTILE)
    run(folder, "config", "trust", "--yes")
    listed = json.loads(run(folder, "config", "trust", "--list", "--json").stdout)
    assert [(one["path"], one["state"]) for one in listed] == [(str(file), "trusted")]
    file.write_text("# other\n")
    assert run(folder, "config", "trust", "--list").stdout.startswith("changed ")
    file.unlink()
    assert run(folder, "config", "trust", "--list").stdout.startswith("missing ")
    assert run(folder, "config", "trust", "--revoke").returncode == 0
    plant(folder, HOSTILE)
    assert loaded(folder).ignored
    assert run(folder, "config", "trust", "--list").stdout == ""


def test_trust_is_in_the_audit(folder: Path) -> None:
    file = plant(folder, "[esi]\nbase_url = 'http://127.0.0.1:1'\n")
    run(folder, "config", "trust", "--yes")
    run(folder, "config", "trust", "--revoke")
    lines = (folder.parent / "home" / "state" / "audit.jsonl").read_text().splitlines()
    first, second = map(json.loads, lines)
    assert (first["action"], first["subject"]) == ("config.trust", str(file))
    assert first["facts"]["keys"] == "esi.base_url"
    assert len(first["facts"]["sha256"]) == 64
    assert second["action"] == "config.revoke"


def test_what_cannot_be_trusted_says_why(folder: Path) -> None:
    assert run(folder, "config", "trust", "--yes").returncode == 3
    plant(folder, "[esi\n")
    assert run(folder, "config", "trust", "--yes").returncode == 3
    plant(folder, "[esi]\nbase_url = 'http://evil.example'\n")
    assert run(folder, "config", "trust", "--yes").returncode == 3
    plant(folder, "[esi]\nconcurrency = 3\n")
    nothing = run(folder, "config", "trust")
    assert (nothing.returncode, store(folder).files()) == (0, [])
    assert "needs trust" in nothing.stderr
    (folder / "other.toml").write_text(HOSTILE)
    assert run(folder, "config", "trust", "other.toml", "--yes").returncode == 2


# -- what the other commands say of it --------------------------------------------------------------


def test_every_command_warns_once_and_show_says_it_of_each_setting(folder: Path) -> None:
    file = plant(folder, "[esi]\nbase_url = 'http://127.0.0.1:1'\n[site]\nfolder = 'x'\n")
    warning = f"warning: {file} is not trusted; ignored: esi.base_url, site.folder"
    for command in (["limits"], ["config", "get", "esi.tenant"], ["-q", "auth", "list"]):
        assert run(folder, *command).stderr.splitlines().count(warning) == 1, command
    shown = run(folder, "config", "show", "--origin")
    assert f"{file}:2: esi.base_url is ignored" in shown.stderr
    assert f"default (ignored: {file}:2, not trusted)" in shown.stdout
    tree = json.loads(run(folder, "config", "show", "--origin", "--json").stdout)
    assert tree["site"]["folder"] == {"value": "", "origin": "default", "ignored": f"{file}:4"}
    checked = run(folder, "config", "validate")
    assert f"{file}: ok, 2 settings ignored (file not trusted)" in checked.stdout
    assert f"{file}:4: site.folder is ignored" in checked.stderr


def test_a_secret_is_never_written_into_a_file_that_is_not_trusted(folder: Path) -> None:
    file = plant(folder, "[esi]\nconcurrency = 3\n")
    password = os.urandom(8).hex()
    name = "wordpress.app_password"
    assert run(folder, "config", "set", name, "-", input=password).returncode == 0
    assert password not in file.read_text()
    own = folder.parent / "home" / "config" / "eveobs.toml"
    assert password in own.read_text()
    assert run(folder, "config", "set", "esi.concurrency", "4").returncode == 0
    assert "concurrency = 4" in file.read_text()


@pytest.mark.parametrize("there", [None, "[profile]\nlto = true\n"])
def test_nothing_is_written_to_where_a_link_in_the_working_folder_leads(
    folder: Path, there: str | None
) -> None:
    victim = folder.parent / "victim.toml"
    if there is not None:
        victim.write_text(there)
    (folder / "eveobs.toml").symlink_to(victim)
    assert run(folder, "config", "set", "esi.concurrency", "4").returncode == 0
    assert (victim.read_text() if victim.exists() else None) == there
    assert "concurrency = 4" in (folder.parent / "home" / "config" / "eveobs.toml").read_text()


def test_a_value_of_many_lines_does_not_stop_every_command(folder: Path) -> None:
    plant(folder, "[nope]\nx = [\n" + "1,\n" * 100_000 + "]\n")
    result = run(folder, "config", "path", timeout=60)
    assert result.returncode == 0
    started = time.monotonic()
    with pytest.raises(ConfigError, match="nope"):
        loaded(folder)
    assert time.monotonic() - started < 20


def test_a_change_by_its_owner_keeps_the_trust(folder: Path) -> None:
    plant(folder, HOSTILE)
    run(folder, "config", "trust", "--yes")
    assert run(folder, "config", "set", "esi.concurrency", "5").returncode == 0
    assert run(folder, "config", "set", "site.title", "Mine").returncode == 0
    found = loaded(folder)
    assert not found.ignored
    assert (found.settings.esi.concurrency, found.settings.site.title) == (5, "Mine")


def test_a_setting_that_a_person_writes_into_such_a_file_is_said_to_be_ignored(
    folder: Path,
) -> None:
    file = plant(folder, "[esi]\nconcurrency = 3\n")
    result = run(folder, "config", "set", "site.folder", "x", "--file", "eveobs.toml")
    assert "not trusted" in result.stderr
    assert f"eveobs config trust {file}" in result.stderr
    assert loaded(folder).settings.site.folder == ""


def test_completion_does_not_open_the_store_of_such_a_file(folder: Path) -> None:
    from eveobs.cli.completing.keeping import kept

    plant(folder, "[store]\nurl = 'sqlite:///evil.sqlite3'\n")
    assert kept(environ(folder), folder)[1] == folder.parent / "home/data/eveobs.sqlite3"
    run(folder, "config", "trust", "--yes")
    assert kept(environ(folder), folder)[1] == folder / "evil.sqlite3"


def test_a_hostile_name_reaches_no_terminal(tmp_path: Path) -> None:
    folder = tmp_path / "\x1b]0;evil\x07 $(touch x)"
    folder.mkdir()
    plant(folder, "[esi]\nbase_url = 'http://127.0.0.1:1'\n")
    result = run(folder, "config", "get", "esi.tenant")
    assert "\x1b" not in result.stderr
    assert "hint: eveobs config trust '" in result.stderr


def test_a_matplotlibrc_of_the_folder_runs_no_latex(folder: Path) -> None:
    """matplotlib reads it there before anywhere else; `text.usetex` starts programs."""
    import subprocess
    import sys

    (folder / "matplotlibrc").write_text(
        "text.usetex: True\ntext.latex.preamble: \\input{/etc/passwd}\n"
    )
    code = (
        "from pathlib import Path; from eveobs.cli.plotting import new_figure, save\n"
        "figure, axes = new_figure(1)\n"
        "import matplotlib; print(matplotlib.rcParams['text.usetex'])\n"
        "axes[0].set_title('x'); print(axes[0].title.get_usetex())\n"
        "save(figure, Path('x.png'), '.png')\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, timeout=60
    )
    assert result.stdout.split() == ["False", "False"], result.stderr
    assert (folder / "x.png").stat().st_size > 1000


# -- secrets that lie in files ---------------------------------------------------------------------


def test_a_secret_file_that_is_a_pipe_without_a_writer_does_not_hang(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eveobs.settings.bounded_read.TIMEOUT", 0.2)
    os.mkfifo(folder / "pipe")
    variables = environ(folder, EVEOBS_WORDPRESS__APP_PASSWORD_FILE="pipe")
    with pytest.raises(ConfigError, match="timed out"):
        load(environ=variables, cwd=folder)


def test_a_secret_file_that_is_a_pipe_with_a_writer_is_read(folder: Path) -> None:
    """As in `EVEOBS_WORDPRESS__APP_PASSWORD_FILE=<(pass show site)`, also where that is slow."""
    import subprocess

    pipe = folder / "pipe"
    os.mkfifo(pipe)
    writer = subprocess.Popen(
        [
            "sh",
            "-c",
            'sleep 0.3; exec >"$1"; sleep 0.3; printf "ab "; sleep 0.3; echo cd',
            "-",
            pipe,
        ]
    )
    variables = environ(folder, EVEOBS_WORDPRESS__APP_PASSWORD_FILE="pipe")
    found = load(environ=variables, cwd=folder)
    writer.wait(10)
    assert found.settings.wordpress.app_password.reveal() == "ab cd"


@pytest.mark.parametrize(
    ("source", "words"), [("/dev/zero", "too large"), ("/dev/null", "is empty")]
)
def test_a_secret_file_without_an_end(folder: Path, source: str, words: str) -> None:
    variables = environ(folder, EVEOBS_WORDPRESS__APP_PASSWORD_FILE=source)
    with pytest.raises(ConfigError, match=words):
        load(environ=variables, cwd=folder)


def test_a_config_that_is_a_pipe_is_read(folder: Path) -> None:
    """As in `--config <(sops -d eveobs.toml)`."""
    command = 'exec "$0" -m eveobs --config <(echo "[esi]"; echo "concurrency = 3") config get esi.concurrency'
    import subprocess
    import sys

    result = subprocess.run(
        ["bash", "-c", command, sys.executable],
        env={**os.environ, **environ(folder)},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert result.stdout == "3\n", result.stderr
