"""`eveobs config` writes, shows, changes and checks settings; stdout has data and nothing else."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from eveobs.cli import config
from eveobs.errors import ConfigError, EveobsError, UsageError
from eveobs.settings import Loaded, load
from eveobs.settings.example import example
from eveobs.telemetry.audit import Audit

pytestmark = pytest.mark.unit

NAME = "wordpress.app_password"


@dataclass
class Run:
    cwd: Path
    config: Path | None = None
    environ: Mapping[str, str] = field(default_factory=dict)
    no_input: bool = False

    def loaded(self) -> Loaded:
        return load(environ=self.environ, cwd=self.cwd, config=self.config)

    def audit(self) -> Audit:
        return Audit(self.cwd / "home" / "state" / "audit.jsonl", user="someone")


@dataclass
class Shell:
    """A working folder in which commands are typed."""

    cwd: Path
    config: Path | None = None
    environ: dict[str, str] = field(default_factory=lambda: {"EVEOBS_HOME": "home"})

    @property
    def user_file(self) -> Path:
        return self.cwd / "home" / "config" / "eveobs.toml"

    def type(self, *arguments: str, stdin: str | bytes | None = None) -> Result:
        root = typer.Typer()
        root.add_typer(config.app, name="config")

        @root.callback()
        def main(context: typer.Context) -> None:
            context.obj = Run(self.cwd, self.config, self.environ)

        return CliRunner().invoke(root, ["config", *arguments], input=stdin)

    def prints(self, *arguments: str, stdin: str | bytes | None = None) -> str:
        result = self.type(*arguments, stdin=stdin)
        assert result.exception is None, result.exception
        return result.stdout

    def fails(self, *arguments: str, stdin: str | bytes | None = None) -> EveobsError:
        result = self.type(*arguments, stdin=stdin)
        assert isinstance(result.exception, EveobsError), result.output
        return result.exception


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_init_writes_the_example_and_prints_where(shell: Shell) -> None:
    assert shell.prints("init") == f"{shell.user_file}\n"
    assert shell.user_file.read_text() == example()
    if os.name == "posix":
        assert shell.user_file.stat().st_mode & 0o777 == 0o600


def test_init_overwrites_only_by_force_and_keeps_the_old_one(shell: Shell) -> None:
    write(shell.user_file, "# mine")
    error = shell.fails("init")
    assert isinstance(error, ConfigError)
    assert "--force" in (error.hint or "")
    assert shell.user_file.read_text() == "# mine"
    result = shell.type("init", "--force")
    assert result.stdout == f"{shell.user_file}\n"
    assert "eveobs.toml.bak" in result.stderr
    assert shell.user_file.read_text() == example()
    shell.prints("init", "--force")
    assert shell.user_file.with_name("eveobs.toml.bak").read_text() == "# mine"
    assert shell.user_file.with_name("eveobs.toml.bak2").read_text() == example()


def test_init_somewhere_else(shell: Shell) -> None:
    shell.prints("init", "--path", "sub/x.toml")
    assert (shell.cwd / "sub/x.toml").read_text() == example()
    shell.config = Path("y.toml")
    shell.prints("init")
    assert (shell.cwd / "y.toml").read_text() == example()


def test_init_where_nothing_can_be(shell: Shell) -> None:
    write(shell.cwd / "file", "")
    assert isinstance(shell.fails("init", "--path", "file/x.toml"), ConfigError)
    assert isinstance(shell.fails("init", "--path", ".", "--force"), ConfigError)


def test_show_is_a_file_that_means_the_same(shell: Shell) -> None:
    write(shell.user_file, '[esi]\ncontact = "me@example.org"\n')
    text = shell.prints("show")
    again = write(shell.cwd / "again.toml", text)
    shell.config = again
    assert shell.prints("show") == text
    assert tomllib.loads(text)["esi"]["contact"] == "me@example.org"
    assert json.loads(shell.prints("show", "--json")) == tomllib.loads(text)


def test_show_says_where_each_value_came_from(shell: Shell) -> None:
    file = write(shell.user_file, '[esi]\ncontact = "me@example.org"\n')
    shell.environ["MAX_WORKERS"] = "7"
    text = shell.prints("show", "--origin")
    assert tomllib.loads(text) == tomllib.loads(shell.prints("show"))
    lines = {line.partition(" = ")[0]: line for line in text.splitlines()}
    assert lines["contact"].endswith(f"  # {file}:2")
    assert lines["concurrency"].endswith("  # environment MAX_WORKERS")
    assert lines["tenant"].endswith("  # default")
    tree = json.loads(shell.prints("show", "--origin", "--json"))
    assert tree["esi"]["contact"] == {"value": "me@example.org", "origin": f"{file}:2"}


def test_secrets_are_masked_everywhere(shell: Shell) -> None:
    shell.environ["EVEOBS_WORDPRESS__APP_PASSWORD"] = "hunter2"
    shell.environ["EVEOBS_STORE__URL"] = "postgresql://me:hunter2@host/db"
    shell.environ["REDIS_URL"] = "redis://:hunter2@host"
    for command in (["show"], ["show", "--json"], ["show", "--origin"], ["get", NAME], ["path"]):
        assert "hunter2" not in shell.type(*command).output
    assert shell.prints("get", NAME) == "***\n"
    assert shell.prints("get", "store.url") == "postgresql+psycopg://me:***@host/db\n"
    assert shell.prints("get", "--reveal", NAME) == "hunter2\n"


def test_get_prints_the_bare_value(shell: Shell) -> None:
    shell.environ["EVEOBS_OBSERVE__REGIONS"] = "The Forge,Domain"
    assert shell.prints("get", "esi.concurrency") == "20\n"
    assert shell.prints("get", "cache.enabled") == "true\n"
    assert shell.prints("get", "esi.total_timeout") == "120.0\n"
    assert shell.prints("get", "esi.contact") == "\n"
    assert shell.prints("get", "observe.regions") == "The Forge\nDomain\n"


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("esi.concurency", "did you mean esi.concurrency?"),
        ("concurrency", "did you mean esi.concurrency?"),
        ("esi", "[esi] has base_url"),
        ("nothing", "sections are esi"),
        ("", "sections are esi"),
    ],
)
@pytest.mark.parametrize("command", [["get"], ["set", "--"]])
def test_an_unknown_key_is_a_usage_error(
    shell: Shell, command: list[str], key: str, hint: str
) -> None:
    error = shell.fails(*command, key, *(["1"] if "set" in command else []))
    assert isinstance(error, UsageError)
    assert hint in (error.hint or "")


def test_set_changes_your_own_file(shell: Shell) -> None:
    result = shell.type("set", "esi.concurrency", "7")
    assert result.stdout == ""
    assert f"esi.concurrency is set in {shell.user_file}" in result.stderr
    assert "note" not in result.stderr
    assert shell.prints("get", "esi.concurrency") == "7\n"


def test_set_changes_what_init_wrote(shell: Shell) -> None:
    shell.prints("init")
    shell.prints("set", "observe.regions", "Domain, 10000002")
    shell.prints("set", "observe.regions", '["Metropolis"]')
    text = shell.user_file.read_text()
    commented = '#regions = ["The Forge"]\n'
    assert text == example().replace(commented, f'{commented}regions = ["Metropolis"]\n')


def test_set_prefers_the_named_file_then_the_one_here(shell: Shell) -> None:
    here = write(shell.cwd / "eveobs.toml", "# here\n")
    shell.prints("set", "esi.concurrency", "1")
    assert "concurrency = 1" in here.read_text()
    shell.config = Path("given.toml")
    shell.prints("set", "esi.concurrency", "2")
    assert "concurrency = 2" in (shell.cwd / "given.toml").read_text()
    result = shell.type("set", "esi.concurrency", "3", "--file", "other.toml")
    assert "concurrency = 3" in (shell.cwd / "other.toml").read_text()
    assert "this run does not read that file" in result.stderr
    assert not shell.user_file.exists()


def test_set_says_what_wins_over_it(shell: Shell) -> None:
    shell.environ["MAX_WORKERS"] = "9"
    result = shell.type("set", "esi.concurrency", "7")
    assert "note: environment MAX_WORKERS wins over it" in result.stderr


@pytest.mark.parametrize("value", ["many", "0", "1.5", ""])
def test_a_value_that_does_not_fit_changes_nothing(shell: Shell, value: str) -> None:
    error = shell.fails("set", "esi.concurrency", value)
    assert isinstance(error, UsageError)
    assert "expected a whole number from 1 to 1000" in error.message
    assert not shell.user_file.exists()


def test_a_broken_file_is_not_touched(shell: Shell) -> None:
    here = write(shell.cwd / "eveobs.toml", "[esi\n")
    assert isinstance(shell.fails("set", "esi.concurrency", "7"), ConfigError)
    assert here.read_text() == "[esi\n"


def test_set_repairs_a_wrong_value(shell: Shell) -> None:
    write(shell.cwd / "eveobs.toml", '[esi]\nconcurrency = "many" # why\nmax_retries = 99\n')
    shell.prints("set", "esi.concurrency", "7")
    assert "concurrency = 7 # why" in (shell.cwd / "eveobs.toml").read_text()


def test_a_secret_comes_from_stdin_only(shell: Shell) -> None:
    error = shell.fails("set", NAME, "hunter2")
    assert isinstance(error, UsageError)
    assert "hunter2" not in f"{error.message}{error.hint}"
    assert "APP_PASSWORD_FILE" in (error.hint or "")
    assert not shell.user_file.exists()
    result = shell.type("set", NAME, "-", stdin="ab cd\n")
    assert "ab cd" not in result.output
    assert shell.prints("get", NAME, "--reveal") == "ab cd\n"
    shell.prints("set", NAME, "")
    assert shell.prints("get", NAME, "--reveal") == "\n"


def test_a_store_without_a_password_is_no_secret(shell: Shell) -> None:
    shell.prints("set", "store.url", "sqlite:///my.db")
    assert shell.prints("get", "store.url") == f"sqlite:///{shell.cwd}/my.db\n"
    assert isinstance(shell.fails("set", "store.url", "postgresql://a:b@c/d"), UsageError)


@pytest.mark.parametrize("stdin", ["", "\n", b"\xff\xfe"])
def test_stdin_that_does_not_do(shell: Shell, stdin: str | bytes) -> None:
    assert isinstance(shell.fails("set", NAME, "-", stdin=stdin), UsageError)


def test_validate_says_ok_of_everything(shell: Shell) -> None:
    here = write(shell.cwd / "eveobs.toml", "[esi]\n")
    lines = shell.prints("validate").splitlines()
    assert lines[1:] == [f"{shell.user_file}: not there", f"{here}: ok", "environment: ok"]


def test_validate_counts_and_tells_every_problem(shell: Shell) -> None:
    here = write(shell.cwd / "eveobs.toml", "[esi]\nconcurrency = 0\nx = 1\n")
    shell.environ["EVEOBS_LOG__LEVEL"] = "loud"
    result = shell.type("validate")
    assert result.stdout.splitlines()[2:] == [f"{here}: 2 problems", "environment: 1 problem"]
    assert isinstance(result.exception, ConfigError)
    assert len(result.exception.message.splitlines()) == 4


def test_validate_one_file(shell: Shell) -> None:
    shell.environ["EVEOBS_LOG__LEVEL"] = "loud"
    good = write(shell.cwd / "good.toml", "[esi]\n")
    assert shell.prints("validate", "good.toml") == f"{good}: ok\n"
    bad = write(shell.cwd / "bad.toml", "[esi\n")
    result = shell.type("validate", str(bad))
    assert result.stdout == f"{bad}: 1 problem\n"
    assert isinstance(result.exception, ConfigError)
    assert "there is no such file" in shell.fails("validate", "none.toml").message


def test_path_lists_files_and_folders(shell: Shell) -> None:
    shell.environ["EVEOBS_CACHE__DIR"] = "fast"
    here = write(shell.cwd / "eveobs.toml", "broken")  # it tells all the same
    lines = [line.split(maxsplit=2) for line in shell.prints("path").splitlines()]
    assert lines[1:] == [
        ["user", "file", f"{shell.user_file}  (not there)"],
        ["working", "folder", f"file {here}"],
        ["config", "folder", f"{shell.cwd}/home/config"],
        ["data", "folder", f"{shell.cwd}/home/data"],
        ["cache", "folder", f"{shell.cwd}/fast"],
        ["state", "folder", f"{shell.cwd}/home/state"],
    ]
    tree = json.loads(shell.prints("path", "--json"))
    assert tree["files"][-1] == {"kind": "working folder", "path": str(here), "exists": True}
    assert tree["folders"]["cache"] == f"{shell.cwd}/fast"


def test_every_command_and_option_has_help() -> None:
    group = typer.main.get_command(config.app)
    assert isinstance(group, typer.core.TyperGroup)
    assert set(group.commands) == {"init", "show", "get", "set", "validate", "trust", "path"}
    for command in group.commands.values():
        assert command.help
        for parameter in command.params:
            assert getattr(parameter, "help", None), f"{command.name} {parameter.name}"


def test_without_a_command_it_helps(shell: Shell) -> None:
    result = shell.type()
    assert result.exit_code == 2
    assert "validate" in result.output


def audited(shell: Shell) -> list[dict[str, Any]]:
    file = shell.cwd / "home" / "state" / "audit.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_what_was_changed_is_in_the_audit(shell: Shell) -> None:
    shell.prints("init")
    shell.prints("init", "--force")
    shell.prints("set", "esi.concurrency", "7")
    shell.fails("set", "esi.concurrency", "many")
    shell.prints("get", "esi.concurrency")
    init, again, change = audited(shell)
    assert (init["action"], init["subject"]) == ("config.init", str(shell.user_file))
    assert (init["facts"], again["facts"]) == ({"replaced": False}, {"replaced": True})
    assert (change["action"], change["subject"]) == ("config.set", "esi.concurrency")
    assert change["facts"] == {"file": str(shell.user_file), "value": "7"}


@pytest.mark.parametrize("key", ["wordpress.app_password", "store.url"])
def test_a_secret_is_never_in_the_audit(key: str, shell: Shell) -> None:
    value = "postgresql://eve:hunter2@host/db" if key == "store.url" else "hunter2"
    shell.prints("set", key, "-", stdin=value)
    (line,) = audited(shell)
    assert line["facts"]["value"] == "***"
    assert "hunter2" not in json.dumps(line)


def test_a_change_that_failed_is_in_the_audit_as_one(shell: Shell) -> None:
    (shell.cwd / "file").write_text("")
    shell.fails("set", "esi.concurrency", "7", "--file", "file/eveobs.toml")
    (line,) = audited(shell)
    assert line["result"] == "failed"
    assert line["facts"]["error"]
