"""The topics of `eveobs help`, made of what the program itself goes by."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator

from eveobs.cli.exit_codes import HEALTH, details
from eveobs.errors import ExitCode
from eveobs.settings.keys import keys

WIDTH = 78
CODES = {
    ExitCode.DONE: "done",
    ExitCode.FAILED: "failed",
    ExitCode.USAGE: "the command line is wrong",
    ExitCode.CONFIGURATION: "the configuration is wrong, or what it points to cannot be used",
    ExitCode.SIGN_IN: "a sign-in, a scope or a role is missing",
    ExitCode.UNREACHABLE: "ESI or WordPress is unreachable, or in downtime",
    ExitCode.LIMITED: "a limit is reached; the time to come back is printed",
    ExitCode.PARTIAL: "partial: some of it is missing, what arrived is kept",
    ExitCode.INTERRUPTED: "interrupted (Ctrl-C)",
    ExitCode.CLOSED_PIPE: "the pipe was closed, as by head (quietly)",
    ExitCode.TERMINATED: "terminated (SIGTERM); `watch` and `sandbox` end with 0",
}
OTHERS = {
    "EVEOBS_HOME": "Puts configuration, data, cache and state under this one folder.",
    "NO_COLOR": "No colour, whatever its value.",
    "COLUMNS": "Width of a terminal that does not say its own.",
    "XDG_CONFIG_HOME, XDG_DATA_HOME, XDG_CACHE_HOME, XDG_STATE_HOME": "Where eveobs keeps its "
    "four folders, where EVEOBS_HOME does not say.",
}
FORMATTING = """\
stdout is data, and nothing else: progress, remarks, warnings and errors go to
stderr, so that `eveobs list contracts --json | jq` works as it stands.

On a terminal a table fits the width: columns that matter less give way, long
texts end in an ellipsis. Into a pipe or a file nothing is cut, and there is no
colour and no progress; NO_COLOR and --no-color do the same on a terminal.

--json     a list, one object a row: ESI's own field names and values, and a
           *_name beside each id that could be resolved; null where ESI says
           nothing. `show --json` is one object.
--ndjson   the same, an object a line, for large lists and for streaming.
--csv      with a header; a text that a spreadsheet would take for a formula
           gets an apostrophe in front, and is exact otherwise.
--format   table, json, ndjson or csv, the same as the options above; and
           tsv: as CSV with tabs, a line a row: \t, \n, \r and \\ inside a text;
           count: how many rows there are, as one number;
           ids: the id of each row, one a line.
--field    NAME: the bare values of one field, one a line, without a header.
--jq       EXPR: what jq makes of the JSON, texts without quotes (needs
           `pip install eveobs[jq]`).
--fields   a,b,c: these fields, in this order, in any format.
--columns  a,b,c: these columns of the table, by header or by field, fitted to
           the terminal.

What players typed reaches a terminal without control sequences. In JSON, in
CSV, in TSV and in --field that is no terminal it is exactly as they typed it.
Moments are UTC, in ISO 8601. ISK is a number.
Amounts may be typed as 1.5m or 2b, moments as 2026-09-23 or 12h.

Fields are added in later versions, never renamed or removed within a major one.
"""
LIMITS = """\
ESI answers a failed request by lowering an error limit: a hundred errors within
a minute, then silence. Routes of a rate-limit group also cost tokens of a
bucket, a day's or a quarter of an hour's, counted for each character and for
the whole address.

eveobs counts both in one ledger for all its processes on a machine: ten runs in
a shell loop share one budget. It slows down before the end of a bucket, obeys
Retry-After, and tries a failed request again only where that can help. After
several failures in a row it leaves ESI alone for a while, and it knows the
daily downtime from 11:00 UTC.

`eveobs limits`            what is left
`eveobs fetch … --plan`    what a run would ask, without asking
`eveobs fetch … --no-wait` ends with exit code 6 instead of waiting

Nothing is asked again before it expires; after that it is asked conditionally,
which costs less. The items of a contract never change, and are asked for once.
"""


def topic(name: str) -> str:
    """The text of a topic."""
    return _TEXTS[name]().rstrip()


def _environment() -> str:
    blocks = ["Settings, each as a variable; an empty one counts as not set.\n"]
    blocks += [_entry(", ".join(key.variables), key.description) for key in keys().values()]
    blocks.append("\nOthers\n")
    blocks += [_entry(name, text) for name, text in OTHERS.items()]
    return "\n".join(blocks)


def _entry(name: str, text: str) -> str:
    return f"{name}\n{textwrap.indent(textwrap.fill(text, WIDTH - 4), '    ')}"


def _exit_codes() -> str:
    return "\n".join(_codes())


def _codes() -> Iterator[str]:
    yield from (f"{code.value:>4}  {words}" for code, words in CODES.items())
    yield "\nCommand by command:\n"
    yield from details(WIDTH)
    yield f"\n{HEALTH}"
    yield "\nA partial observation is kept: the next run goes on from it. In a script:\n"
    yield "  eveobs fetch contracts || [ $? -eq 7 ] || exit"


_TEXTS: dict[str, Callable[[], str]] = {
    "environment": _environment,
    "exit-codes": _exit_codes,
    "formatting": lambda: FORMATTING,
    "limits": lambda: LIMITS,
}
