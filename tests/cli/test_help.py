"""`eveobs help` explains what belongs to no single command, and says what --help says."""

from __future__ import annotations

import pytest

from eveobs.cli.help import TOPICS
from eveobs.errors import ExitCode
from eveobs.settings.keys import keys
from tests.conftest import Eveobs

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_is_told_in_eighty_columns(eveobs: Eveobs, topic: str) -> None:
    result = eveobs("help", topic)
    assert result.exit_code == 0
    assert len(result.stdout) > 300
    assert max(map(len, result.stdout.splitlines())) <= 100


def test_every_variable_is_named(eveobs: Eveobs) -> None:
    told = eveobs("help", "environment").stdout
    for key in keys().values():
        assert all(variable in told for variable in key.variables)
    assert "EVEOBS_HOME" in told


def test_every_exit_code_is_named(eveobs: Eveobs) -> None:
    lines = eveobs("help", "exit-codes").stdout.splitlines()
    assert {int(line.split()[0]) for line in lines if line[:4].strip().isdigit()} == {*ExitCode}


def test_without_a_word_it_lists_commands_and_topics(eveobs: Eveobs) -> None:
    told = eveobs("help").stdout
    assert "fetch" in told
    assert all(topic in told for topic in TOPICS)


@pytest.mark.parametrize("words", [("fetch",), ("fetch", "contracts"), ("config", "set")])
def test_help_of_a_command_is_its_help(eveobs: Eveobs, words: tuple[str, ...]) -> None:
    assert eveobs("help", *words).stdout.strip() == eveobs(*words, "--help").stdout.strip()


def test_what_does_not_exist_is_told_with_what_is_near(eveobs: Eveobs) -> None:
    result = eveobs("help", "fetsh")
    assert result.exit_code == 2
    assert "Did you mean 'fetch'?" in result.stderr
    assert eveobs("help", "fetch", "contrcts").exit_code == 2
