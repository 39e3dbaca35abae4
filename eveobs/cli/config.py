"""`eveobs config`: write, show, change and check the settings."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Protocol

import typer
from typer.core import TyperGroup

from eveobs.cli.options import PRINT_JSON
from eveobs.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from eveobs.settings import Loaded, Origin, Reading
    from eveobs.settings.keys import Key
    from eveobs.settings.wording import Problem
    from eveobs.telemetry.audit import Audit

ELSEWHERE = {
    "revoke": "config trust --revoke",
    "untrust": "config trust --revoke",
    "check": "config validate",
}
"""What people type, and how it is called here."""


class Config(TyperGroup):
    """The group; names the right command where a wrong one has no similar name."""

    def resolve_command(self, ctx: typer.Context, args: list[str]) -> Any:  # type: ignore[override]
        """The command that `args` begin with. Raises UsageError for a name of ELSEWHERE."""
        if args and args[0] in ELSEWHERE:
            raise UsageError(
                f"no such command 'config {args[0]}'", hint=f"`eveobs {ELSEWHERE[args[0]]}`"
            )
        return super().resolve_command(ctx, args)


app = typer.Typer(
    cls=Config, help="Write, show, change and check the settings.", no_args_is_help=True
)

KEY = Annotated[
    str, typer.Argument(metavar="KEY", help="SECTION.NAME, as `config show` lists them.")
]


class Run(Protocol):
    """What the root command hands down."""

    config: Path | None
    environ: Mapping[str, str]
    cwd: Path
    no_input: bool

    def loaded(self) -> Loaded:
        """The settings that hold."""

    def audit(self) -> Audit:
        """Where changes are written down."""


@app.command("init")
def init(
    context: typer.Context,
    path: Annotated[
        Path | None,
        typer.Option("--path", metavar="FILE", help="Write here instead of your own file."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a file; the old one is kept as FILE.bak.")
    ] = False,
) -> None:
    """Write a commented file of settings, every key with its default, to start from.

    It goes where --path or --config says, else to your own file (`eveobs config path`). Prints
    the path of the file.
    """
    from eveobs.settings.example import example
    from eveobs.settings.paths import FILE_NAME, find_places
    from eveobs.settings.wording import printable
    from eveobs.settings.writing import is_there, keep_old, write_text

    run: Run = context.obj
    target = path or run.config or find_places(run.environ, run.cwd).config / FILE_NAME
    target = run.cwd / target
    replaced = is_there(target)
    if replaced and not force:
        raise ConfigError(
            f"{printable(target)} is there already",
            hint="--force replaces it, and keeps the old one as .bak beside it",
        )
    with run.audit().watch("config.init", str(target)) as facts:
        facts["replaced"] = replaced
        if replaced and (kept := keep_old(target)):
            _tell(f"the old file is kept as {kept}")
        write_text(target, example())
    typer.echo(printable(target))


@app.command("show")
def show(
    context: typer.Context,
    origin: Annotated[
        bool, typer.Option("--origin", help="Say beside each value where it came from.")
    ] = False,
    as_json: PRINT_JSON = False,
) -> None:
    """Print the settings that hold, as TOML or JSON. Secrets are masked.

    With --json --origin each value is an object with `value` and `origin`, and with `ignored`, a
    place, where a file that is not trusted sets it.
    """
    from eveobs.settings.dump import as_origin_tree, as_plain_tree, as_toml

    run: Run = context.obj
    loaded = run.loaded()
    _tell_ignored(loaded.ignored)
    if not as_json:
        typer.echo(as_toml(loaded, with_origins=origin), nl=False)
    elif not origin:
        _print_json(as_plain_tree(loaded))
    else:
        _print_json(as_origin_tree(loaded))


@app.command("get")
def get(
    context: typer.Context,
    key: KEY,
    reveal: Annotated[bool, typer.Option("--reveal", help="Print a secret in clear.")] = False,
) -> None:
    """Print one value, bare; of a list, each on a line. Secrets are masked."""
    from eveobs.settings.dump import plain, value_at

    run: Run = context.obj
    found = _key(key)
    value = plain(value_at(run.loaded(), found.dotted), reveal=reveal)
    if isinstance(value, bool):
        value = "true" if value else "false"
    for line in value if isinstance(value, list) else [value]:
        typer.echo(line)


@app.command("set")
def set_(
    context: typer.Context,
    key: KEY,
    value: Annotated[
        str,
        typer.Argument(
            metavar="VALUE",
            help="The new value; lists comma-separated or as JSON; - reads it from stdin.",
        ),
    ],
    file: Annotated[
        Path | None, typer.Option("--file", metavar="FILE", help="Change this file.")
    ] = None,
) -> None:
    """Change one value in a file; its comments stay.

    The file is the one of --file or --config, else eveobs.toml in the working folder if there is
    one and it may set this (see `config trust`), else your own. Secrets are read from stdin (VALUE
    is then -), never from the command line, which other users can see.
    """
    keep_setting(context.obj, key, value, file)


def keep_setting(run: Run, key: str, value: str, file: Path | None = None) -> None:
    """Write one value to `file`, or where such a value belongs, and say so."""
    from eveobs.cli.trust import keep_trust, trusted_document
    from eveobs.settings.checks import Standing
    from eveobs.settings.paths import home_folder
    from eveobs.settings.secret import MASK
    from eveobs.settings.values import UnfitError
    from eveobs.settings.writing import set_value, writable_value

    found = _key(key)
    text = _value_text(found, value, run)
    target = _file_to_change(run, found, file)
    try:
        standing = Standing(run.cwd, home_folder(run.environ))
        new = writable_value(found, text, standing, target.parent)
    except UnfitError as error:
        raise UsageError(str(error), hint="nothing was changed") from None
    with run.audit().watch("config.set", found.dotted) as facts:
        facts["file"] = str(target)
        facts["value"] = MASK if found.is_secret else text
        trusted = trusted_document(run, target)
        written = set_value(target, found, new)
        if trusted is not None:
            keep_trust(run, trusted, found)
    if written.kept:
        _tell(f"the comments could not stay; the old file is kept as {written.kept}")
    _tell_what_holds(run, found, target)


@app.command("validate")
def validate(
    context: typer.Context,
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help="Check this file alone.", show_default=False),
    ] = None,
) -> None:
    """Check every file and variable, or one FILE: prints a verdict for each.

    Exit code 3, and every problem on stderr, if something is wrong.
    """
    from eveobs.settings import read_one
    from eveobs.settings.wording import as_error, printable

    run: Run = context.obj
    if file is not None:
        path = run.cwd / file
        problems = read_one(path, run.environ)
        _print_verdict(printable(path), problems)
    else:
        reading = _read_all(run)
        problems = reading.problems
        ignored = [origin.group for origin in reading.ignored.values()]
        for one in reading.files:
            name = printable(one.path)
            _print_verdict(name, problems, exists=one.exists, ignored=ignored.count(name))
        _print_verdict("environment", problems)
        _tell_ignored(reading.ignored)
    if problems:
        raise as_error(problems)


@app.command("trust")
def trust(
    context: typer.Context,
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FILE]",
            help="An eveobs.toml, or its folder. Default: the working folder's.",
            show_default=False,
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Trust it without a question.")] = False,
    revoke: Annotated[bool, typer.Option("--revoke", help="Trust FILE no more.")] = False,
    list_: Annotated[bool, typer.Option("--list", help="Print the trusted files.")] = False,
    as_json: PRINT_JSON = False,
) -> None:
    """Trust the eveobs.toml of a working folder, as it is now.

    A file that is not trusted may set only what is harmless: selection, filters, display, limits of
    work. What names a host, a path, a template or a secret is ignored until you have looked at it
    and trusted it. A later change of the file ends the trust. Your own file, the system's and the
    one of --config need none.
    """
    from eveobs.cli.trust import print_trusted, revoke_trust, trust_file

    run: Run = context.obj
    if list_ + revoke + yes > 1:
        raise UsageError("--list, --revoke and --yes cannot be used together")
    if as_json and not list_:
        raise UsageError("--json requires --list")
    if list_:
        if file is not None:
            raise UsageError("--list and FILE cannot be used together")
        print_trusted(run, as_json=as_json)
    elif revoke:
        revoke_trust(run, file)
    else:
        trust_file(run, file, yes=yes)


@app.command("path")
def path_(context: typer.Context, as_json: PRINT_JSON = False) -> None:
    """Print which files are read, a later one winning, and the four folders of eveobs."""
    from eveobs.settings.wording import printable

    run: Run = context.obj
    reading = _read_all(run)
    places = reading.places
    folders = {name: getattr(places, name) for name in ("config", "data", "cache", "state")}
    if as_json:
        files = [
            {"kind": one.kind, "path": printable(one.path), "exists": one.exists}
            for one in reading.files
        ]
        _print_json(
            {
                "files": files,
                "folders": {name: printable(folder) for name, folder in folders.items()},
            }
        )
        return
    for one in reading.files:
        typer.echo(
            f"{one.kind + ' file':<20}{printable(one.path)}{'' if one.exists else '  (not there)'}"
        )
    for name, folder in folders.items():
        typer.echo(f"{name + ' folder':<20}{printable(folder)}")


def _tell(message: str) -> None:
    from eveobs.settings.wording import printable

    typer.echo(printable(message), err=True)


def _print_json(tree: object) -> None:
    import json

    typer.echo(json.dumps(tree, indent=2, ensure_ascii=False))


def _print_verdict(
    name: str, problems: list[Problem], *, exists: bool = True, ignored: int = 0
) -> None:
    count = sum(problem.source == name for problem in problems)
    verdict = "ok" if exists else "not there"
    if count:
        verdict = f"{count} problem{'s' if count > 1 else ''}"
    if ignored:
        verdict += f", {ignored} setting{'s' if ignored > 1 else ''} ignored (file not trusted)"
    typer.echo(f"{name}: {verdict}")


def _tell_ignored(ignored: Mapping[str, Origin]) -> None:
    """Say of each setting of a file that is not trusted where it stands."""
    for dotted, origin in ignored.items():
        _tell(f"{origin}: {dotted} is ignored: the file is not trusted")


def _read_all(run: Run) -> Reading:
    from eveobs.settings import read_all

    return read_all(environ=run.environ, cwd=run.cwd, config=run.config)


def _key(dotted: str) -> Key:
    from eveobs.settings.keys import advice_for, keys
    from eveobs.settings.wording import named

    found = keys().get(dotted.strip().lower())
    if found is None:
        section, _, name = dotted.strip().lower().partition(".")
        raise UsageError(f"{named(dotted)} is not a setting", hint=advice_for(section, name))
    return found


def _value_text(key: Key, value: str, run: Run) -> str:
    """What VALUE stands for. Refuses a secret that everyone on the machine can read."""
    if value == "-":
        return _from_stdin(key, run)
    if key.is_secret and key.shape(value).masked() != value:
        raise UsageError(
            f"{key.dotted} is a secret, and the command line can be read by others",
            hint=f"pipe it in: … | eveobs config set {key.dotted} -   or keep it in a file that "
            f"{key.file_variable} names",
        )
    return value


def _from_stdin(key: Key, run: Run) -> str:
    from getpass import getpass

    if run.no_input and sys.stdin.isatty():
        raise UsageError("--no-input, and nothing is piped in", hint="nothing was changed")
    try:
        text = getpass(f"{key.dotted}: ") if sys.stdin.isatty() else sys.stdin.read()
    except UnicodeDecodeError:
        raise UsageError("stdin is not UTF-8 text", hint="nothing was changed") from None
    if not text.strip():
        raise UsageError("stdin is empty", hint=f'to clear it: eveobs config set {key.dotted} ""')
    return text.strip()


def _file_to_change(run: Run, key: Key, file: Path | None) -> Path:
    from eveobs.cli.trust import trusted_document
    from eveobs.settings.paths import FILE_NAME, find_places
    from eveobs.settings.writing import is_there

    named = file or run.config
    if named is not None:
        return run.cwd / named
    here = run.cwd / FILE_NAME
    # Somebody else may have put this file here: no secret is written into it, and nothing through
    # a link to wherever that leads.
    harmless = key.harmless and not here.is_symlink()
    if is_there(here) and (harmless or trusted_document(run, here) is not None):
        return here
    return find_places(run.environ, run.cwd).config / FILE_NAME


def _tell_what_holds(run: Run, key: Key, target: Path) -> None:
    """Say what was done on stderr, and what still wins over it."""
    from eveobs.settings.loading import trust_hint
    from eveobs.settings.wording import printable

    _tell(f"{key.dotted} is set in {target}")
    reading = _read_all(run)
    ignored = reading.ignored.get(key.dotted)
    if ignored is not None and ignored.group == printable(target):
        _tell("note: it is ignored there, since that file is not trusted")
        _tell(f"hint: {trust_hint(printable(target))}")
        return
    winner = reading.origins[key.dotted]
    if winner.document is None or winner.document.path.resolve() != target.resolve():
        is_read = target.resolve() in {one.path.resolve() for one in reading.files}
        wins = f"{winner} wins over it" if is_read else "this run does not read that file"
        _tell(f"note: {wins}")
