"""`eveobs sandbox`: a small New Eden on this machine."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from eveobs.errors import UsageError

if TYPE_CHECKING:
    from asyncio import Queue
    from asyncio.subprocess import Process

    from eveobs.sandbox.faults.spec import Fault
    from eveobs.sandbox.server import Sandbox

_CLIENT_ID = "eveobs-sandbox"
_PORT = 8787
_FULL_CYCLE = 1800
_SIGNALLED = 128
_ANY_ROUTE = "/**"
_AIMED = (
    "A fault hits every request, unless it says which:",
    "  route=/contracts/public/*   * is one part of the path, ** any number",
    "  page=2                      that page only",
    "  after=5                     not the first 5 of these requests",
    "  every=10                    of the others every 10th",
    "  chance=0.2                  some of them, the same for the same --seed",
    "  times=3                     3 times; then all is well",
    "With html=1 an error is a proxy's web page and not in ESI's words.",
    "For example: --fault 500:every=10 --fault 'hang:route=/contracts/public/items/*,seconds=5'",
    "While it runs, a GET, POST (a JSON list of them) or DELETE of /_sandbox/faults shows, sets or",
    "ends what goes wrong.",
)

app = typer.Typer()


@app.command("sandbox", context_settings={"allow_interspersed_args": False})
def sandbox(
    command: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[-- COMMAND [ARGUMENT]...]",
            show_default=False,
            help="Run this against the sandbox, and stop the sandbox when it ends.",
        ),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=65535,
            show_default=f"{_PORT}; 0 with a COMMAND",
            help="Port on 127.0.0.1; 0 picks a free one.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Another number, another New Eden.")] = 1,
    contracts: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=1_000_000,
            show_default="2,500 in The Forge, fewer elsewhere",
            help="Contracts in all regions together.",
        ),
    ] = None,
    regions: Annotated[
        str,
        typer.Option(
            metavar="NAME|ID,...",
            show_default="all the sandbox knows",
            help="The regions that have contracts.",
        ),
    ] = "",
    corporation_contracts: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=100_000,
            show_default="60",
            help="Contracts that are not public, of the first character's corporation.",
        ),
    ] = None,
    orders: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=1_000_000,
            show_default="2,500, fewer elsewhere",
            help="Orders on the market of The Forge.",
        ),
    ] = None,
    spam_guard: Annotated[
        bool,
        typer.Option(
            "--spam-guard/--no-spam-guard",
            help="Answer 520 ConStopSpamming to more than 20 requests for the items of own "
            "contracts in ten seconds, as the game server does.",
        ),
    ] = True,
    home: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            show_default="a temporary folder, removed at the end",
            help="Home of the COMMAND (EVEOBS_HOME): its store, cache and settings are kept there.",
        ),
    ] = None,
    latency: Annotated[
        float, typer.Option(min=0, metavar="MS", help="Wait before each answer, in milliseconds.")
    ] = 0,
    cycle: Annotated[
        int,
        typer.Option(
            min=1,
            metavar="SECONDS",
            help="How long a list of contracts is good. Shorter makes everything change sooner.",
        ),
    ] = _FULL_CYCLE,
    fault: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME[:KEY=VALUE,...]",
            show_default=False,
            help="Let something go wrong, such as 500 or reset:route=/status,times=3; may be given "
            "more than once. See --list-faults.",
        ),
    ] = None,
    list_faults: Annotated[
        bool, typer.Option("--list-faults", help="Say what can go wrong, and end.")
    ] = False,
) -> None:
    """Serve a small New Eden on 127.0.0.1: ESI with its real rules, without the internet.

    Sign-in, static data and images are there too: any of its characters can sign in, without a
    password. GET /_sandbox/people says who they are; the first two share a corporation.

    Prints the settings that point eveobs at it, and runs until Ctrl-C.

    With a COMMAND, runs that with the settings in its environment and ends with its exit code. It
    has a home of its own, so that nothing invented reaches your store: --home says which.
    """
    import asyncio

    if list_faults:
        typer.echo(_faults_there_are())
        return
    from eveobs.sandbox.server import Sandbox
    from eveobs.sandbox.world import World

    world = World.generate(
        seed=seed,
        contracts=contracts,
        regions=_region_ids(regions),
        corporation_contracts=corporation_contracts,
        orders=orders,
    )
    if home is not None and not command:
        raise UsageError("--home needs a COMMAND", hint="after -- comes a command")
    number = (0 if command else _PORT) if port is None else port
    eden = Sandbox(
        world,
        latency=latency / 1000,
        port=number,
        cycle=cycle,
        faults=_faults(fault or []),
        seed=seed,
        spam_guard=spam_guard,
    )
    try:
        if command:
            with _home_of(home) as folder:
                code = asyncio.run(_run(eden, command, folder))
        else:
            code = asyncio.run(_serve(eden, seed))
    except KeyboardInterrupt:
        code = 0
    raise typer.Exit(code)


def _region_ids(text: str) -> list[int]:
    """The regions of a list of names and ids, separated by commas. Raises UsageError."""
    from eveobs.sandbox.universe import REGIONS

    ids = {region.name.casefold(): region.id for region in REGIONS}
    ids |= {str(region.id): region.id for region in REGIONS}
    wanted = [part.strip() for part in text.split(",") if part.strip()]
    for name in wanted:
        if name.casefold() not in ids:
            known = ", ".join(region.name for region in REGIONS)
            raise UsageError(f"the sandbox has no region {name!r}", hint=f"it has {known}")
    return [ids[name.casefold()] for name in wanted]


def _faults(texts: Sequence[str]) -> list[Fault]:
    """What is to go wrong. Raises UsageError."""
    from eveobs.sandbox.faults.spec import SpecError, parse

    try:
        return [parse(text) for text in texts]
    except SpecError as problem:
        raise UsageError(f"--fault: {problem}", hint=problem.hint) from problem


def _faults_there_are() -> str:
    """Their names, what they do and the settings of each, and the settings of all."""
    from eveobs.sandbox.faults.kinds import KINDS

    lines = []
    for name, kind in KINDS.items():
        settings = " ".join(f"{key}={value:g}" for key, value in kind.options.items())
        page = f" page={kind.aim.page}" if kind.aim.page else ""
        route = f" route={kind.aim.route}" if kind.aim.route != _ANY_ROUTE else ""
        told = f"{settings}{page}{route}".strip()
        lines.append(f"{name:<16}{kind.help}{f' ({told})' if told else ''}")
    return "\n".join([*lines, "", *_AIMED])


def environment(url: str) -> dict[str, str]:
    """The settings that point eveobs at a sandbox, as environment variables."""
    return {
        "EVEOBS_ESI__BASE_URL": url,
        "EVEOBS_SSO__BASE_URL": url,
        "EVEOBS_SSO__CLIENT_ID": _CLIENT_ID,
        "EVEOBS_STATIC_DATA__BASE_URL": f"{url}/static-data",
        "EVEOBS_IMAGES__BASE_URL": f"{url}/images",
    }


@contextmanager
def _home_of(wanted: Path | None) -> Iterator[Path]:
    """The home of a COMMAND: `wanted`, or a temporary folder that is removed at the end."""
    if wanted is not None:
        yield wanted.absolute()
        return
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(prefix="eveobs-sandbox-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def home_environment(folder: Path) -> dict[str, str]:
    """The settings that keep a COMMAND in `folder`, stronger than any file of settings.

    `store.url` and `cache.dir` are set too: a file in the working folder may point them elsewhere.
    """
    return {
        "EVEOBS_HOME": str(folder),
        "EVEOBS_STORE__URL": f"sqlite:///{folder / 'data' / 'eveobs.sqlite3'}",
        "EVEOBS_CACHE__DIR": str(folder / "cache"),
    }


async def _serve(eden: Sandbox, seed: int) -> int:
    """Until SIGINT or SIGTERM."""
    import asyncio

    stop = asyncio.Event()
    _on_signals(lambda _: stop.set())
    async with eden:
        settings = environment(eden.url)
        typer.echo("\n".join(f"export {name}={value}" for name, value in settings.items()))
        sys.stdout.flush()
        typer.echo(
            f"A small New Eden (seed {seed}) is on {eden.url}. Point eveobs at it with the lines "
            "above; Ctrl-C stops it.",
            err=True,
        )
        await stop.wait()
    return 0


async def _run(eden: Sandbox, command: Sequence[str], home: Path) -> int:
    """As long as the command runs; its exit code, or 128 and the signal that ended it."""
    import asyncio

    signals: asyncio.Queue[signal.Signals] = asyncio.Queue()
    _on_signals(signals.put_nowait)
    async with eden:
        settings = os.environ | environment(eden.url) | home_environment(home)
        for name in ("EVEOBS_STORE__URL_FILE", "EVEOBS_STORE__ESI_URL", "DATABASE_URL"):
            settings.pop(name, None)
        try:
            process = await asyncio.create_subprocess_exec(*command, env=settings)
        except OSError as problem:
            raise UsageError(
                f"cannot run {command[0]!r}: {problem.strerror}",
                hint="after -- comes a command and its arguments",
            ) from problem
        passing = asyncio.create_task(_pass_on(process, signals))
        code = await process.wait()
        passing.cancel()
    return code if code >= 0 else _SIGNALLED - code


def _on_signals(act: Callable[[signal.Signals], None]) -> None:
    """Where the event loop can do that; elsewhere (Windows) Ctrl-C raises KeyboardInterrupt."""
    import asyncio
    from contextlib import suppress

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):
            loop.add_signal_handler(number, act, number)


async def _pass_on(process: Process, signals: Queue[signal.Signals]) -> None:
    """A Ctrl-C at the terminal reaches the command without our help: twice would be too much."""
    from contextlib import suppress

    while True:
        number = await signals.get()
        if number is not signal.SIGINT or not _is_in_foreground():
            with suppress(ProcessLookupError):
                process.send_signal(number)


def _is_in_foreground() -> bool:
    """Whether a terminal sends its signals to this process and what it has started."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)
