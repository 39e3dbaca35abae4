"""What each exit code promises, command by command: one table, which `eveobs help exit-codes` and
the reference show, and of which tests/cli/test_exit_codes.py holds every row.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import NamedTuple

from eveobs.errors import ExitCode


class Promise(NamedTuple):
    """These commands end with `code` when that happens. `name` is for tests alone."""

    name: str
    code: ExitCode
    commands: str
    when: str


EVERY = "every command"
PROMISES = (
    Promise("done", ExitCode.DONE, EVERY, "it did what it was told, also where there is nothing"),
    Promise(
        "stopped",
        ExitCode.DONE,
        "watch, sandbox",
        "SIGTERM, by which a service manager stops them (sandbox: Ctrl-C, too)",
    ),
    Promise(
        "not stored",
        ExitCode.FAILED,
        "show, history, find, appraise --contract, outbid --contract, outbid --issuer, cache show",
        "nothing that is stored has that id or name",
    ),
    Promise(
        "check",
        ExitCode.FAILED,
        "outbid --check, bench --fail-if, audit verify, cache verify",
        "what was looked for is there: a rival, a broken limit, damage",
    ),
    Promise("answer", ExitCode.FAILED, "api, fetch, bench", "ESI answers with an error"),
    Promise("store", ExitCode.FAILED, "what reads the store", "it is damaged, locked or full"),
    Promise("usage", ExitCode.USAGE, EVERY, "an option, an argument or a value is wrong"),
    Promise("configuration", ExitCode.CONFIGURATION, "what reads settings", "a setting is wrong"),
    Promise(
        "not configured",
        ExitCode.CONFIGURATION,
        "publish --target wordpress, alerts test, fetch dynamic-items",
        "what they need is not set up",
    ),
    Promise(
        "sign-in",
        ExitCode.SIGN_IN,
        "fetch of characters and corporations, outbid, api, auth refresh, auth logout",
        "no character is signed in, or none with the scope or role",
    ),
    Promise(
        "unreachable",
        ExitCode.UNREACHABLE,
        "fetch, api, bench, import, static-data update, watch --once",
        "nothing could be reached, or ESI is in downtime, and nothing arrived",
    ),
    Promise(
        "limit",
        ExitCode.LIMITED,
        "fetch, api",
        "a limit is reached and not waited for (--no-wait, or too long); what arrived is kept",
    ),
    Promise(
        "partial",
        ExitCode.PARTIAL,
        "fetch, publish, watch --once",
        "some is done and kept, some is missing",
    ),
    Promise("unread", ExitCode.PARTIAL, "appraise", "some lines of the list could not be read"),
    Promise("interrupted", ExitCode.INTERRUPTED, "every command but sandbox", "Ctrl-C"),
    Promise("terminated", ExitCode.TERMINATED, "every command but watch and sandbox", "SIGTERM"),
    Promise("closed pipe", ExitCode.CLOSED_PIPE, EVERY, "who reads its output went away, as head"),
)
HEALTH = """\
`eveobs health` has the codes of monitoring plug-ins instead: 0 healthy, 1 degraded,
2 unhealthy. A wrong command line is 2, too, with nothing on stdout."""


def details(width: int) -> Iterator[str]:
    """The table as lines of text, by code."""
    for code in ExitCode:
        for one in (one for one in PROMISES if one.code is code):
            lines = textwrap.wrap(f"{one.commands}: {one.when}", width - 6)
            yield f"{code.value:>4}  {lines[0]}"
            yield from (f"      {line}" for line in lines[1:])


def page() -> str:
    """The table in Markdown."""
    rows = [f"| {int(one.code)} | {one.commands} | {one.when} |" for one in PROMISES]
    table = "\n".join(["| code | commands | when |", "|---|---|---|", *rows])
    return f"# Exit codes\n\n{table}\n\n{HEALTH}\n"
