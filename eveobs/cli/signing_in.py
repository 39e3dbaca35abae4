"""Signing in: which scopes, which application, and the way through the browser and back."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from eveobs.errors import ConfigError, SignInError, UsageError
from eveobs.records.schema import Column, Kind, SubjectKind

if TYPE_CHECKING:
    from eveobs.cli.context import Run
    from eveobs.esi.sso import Question
    from eveobs.esi.vault import Entry

ROLES = "esi-characters.read_corporation_roles.v1"
COLUMNS = (
    Column("character", "Character"),
    Column("corporation", "Corporation", rank=3, flexible=True),
    Column("state", "State"),
    Column("days_left", "Days left", Kind.NUMBER),
    Column("used_for", "Used for", rank=2, flexible=True),
    Column("missing", "Missing scopes", rank=4, flexible=True),
)
STEPS = """\
eveobs signs in as an application of your own, which is free and takes a minute:
  1. Open https://developers.eveonline.com/applications and create an application.
  2. Choose the native kind (no secret), all scopes you may want, and as callback URL
     {callback}
  3. Copy its client id and give it to eveobs:
     eveobs config set sso.client_id CLIENT-ID"""


def wanted_scopes(scopes: str, purposes: str) -> tuple[str, ...]:
    """The scopes to ask for: `scopes` as they are named, or what the processors of `purposes` need
    (all of them for none).
    """
    if scopes:
        return tuple(dict.fromkeys(one.strip() for one in scopes.split(",") if one.strip()))
    return tuple(sorted(_needed(one.strip() for one in purposes.split(",") if one.strip())))


def purposes_of(scopes: Iterable[str]) -> list[str]:
    """The processors that these scopes are enough for, of a character or of its corporation."""
    from eveobs.processors import registry

    granted = {*scopes}
    found = []
    for name in registry.names():
        processor = registry.processor(name)
        kinds = processor.schema.subjects if processor.schema.owned else ()
        needs = [{*processor.needs(kind).scopes} for kind in kinds]
        if any(one and one <= granted for one in needs):
            found.append(name)
    return found


def _needed(names: Iterable[str]) -> set[str]:
    from eveobs.cli.fetch import TOGETHER
    from eveobs.processors import registry

    chosen = [one for name in names for one in TOGETHER.get(name, (name,)) if one != "all"]
    needed: set[str] = set()
    for name in chosen or registry.names():
        processor = registry.processor(name)
        for kind in processor.schema.subjects:
            if kind is SubjectKind.REGION:
                continue
            needs = processor.needs(kind)
            needed |= {*needs.scopes, *needs.useful, *((ROLES,) if needs.roles else ())}
    return needed


def client_known(run: Run) -> None:
    """Have a client id: on a terminal it is asked for and kept. Raises ConfigError without one."""
    sso = run.loaded().settings.sso
    if sso.client_id:
        return
    for line in STEPS.format(callback=callback_address(sso.callback_port)).splitlines():
        run.remark(line)
    if run.no_input or not sys.stdin.isatty():
        raise ConfigError(
            "there is no client id to sign in with",
            hint="`eveobs config set sso.client_id CLIENT-ID`",
        )
    print("Client id: ", end="", file=sys.stderr, flush=True)  # noqa: T201 - stdout is for data
    answer = _line()
    if not answer:
        raise ConfigError("there is no client id to sign in with")
    from eveobs.cli.config import keep_setting

    keep_setting(run, "sso.client_id", answer)
    run.forget_settings()


async def sign_in(run: Run, scopes: tuple[str, ...], *, browser: bool, patience: int) -> Entry:
    """Through the browser and back; who signed in is written down."""
    from eveobs.esi.sso import Question

    port = run.loaded().settings.sso.callback_port
    sign_ins = run.sign_ins()
    sign_ins.vault.check()
    question = Question(callback_address(port), scopes)
    address = await sign_ins.sso.address(question)
    if browser:
        values = await _through_browser(run, address, question.state, port, patience)
    else:
        values = _through_paper(address)
    granted = await sign_ins.sso.redeem(_code(values, question), question)
    entry = await sign_ins.add(granted)
    run.denials().forget(entry.character_id)
    return entry


def callback_address(port: int) -> str:
    """Where the browser is sent back to."""
    return f"http://localhost:{port}/callback"


async def _through_browser(
    run: Run, address: str, state: str, port: int, patience: int
) -> dict[str, str]:
    import asyncio
    import webbrowser

    from eveobs.cli.callback import one_callback

    async with one_callback(port, state) as waiting:
        if not run.quiet:
            run.remark("Sign in with your browser:")
        print(address, file=sys.stderr, flush=True)  # noqa: T201 - needed with --quiet too
        opened = await asyncio.to_thread(webbrowser.open, address)
        begun = "waiting for the browser" if opened else "no browser could be started; waiting"
        run.remark(f"{begun}, {_span(patience)} at most; on a machine without one use --no-browser")
        with run.progress() as progress:
            if sys.stderr.isatty():  # elsewhere the line above says it
                progress.wait(patience, "for the browser")
            try:
                return await asyncio.wait_for(waiting, patience)
            except TimeoutError as error:
                raise SignInError(
                    f"sign-in timed out after {_span(patience)}",
                    hint="Try again; on a machine without a browser: "
                    "`eveobs auth login --no-browser`.",
                ) from error


def _span(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    return " ".join(
        part for part in (f"{minutes}m" * bool(minutes), f"{rest}s" * bool(rest)) if part
    )


def refuse_without_person(run: Run) -> None:
    """A sign-in takes a person at a browser. Raises SignInError where --no-input rules one out."""
    if run.no_input:
        raise SignInError(
            "auth login requires a person at a browser, and --no-input is set",
            hint="Leave out --no-input; --no-browser is for a browser on another machine.",
        )


def _through_paper(address: str) -> dict[str, str]:
    """By copying: the browser may be on another machine, where nobody answers the callback."""
    print(  # noqa: T201 - it must be seen, also with --quiet
        f"Open this in any browser and sign in:\n\n{address}\n\n"
        "The page you are sent to cannot be found; that is right. Paste its address here: ",
        end="",
        file=sys.stderr,
        flush=True,
    )
    text = _line()
    values = {name: found[-1] for name, found in parse_qs(urlsplit(text).query).items()}
    if "state" not in values:
        raise UsageError(
            "that is not the address of the page you were sent to",
            hint=f"It begins with http://localhost and has code= and state= in it; "
            f"this was {len(text)} characters long.",
        )
    return values


def _line() -> str:
    """What a person types, or pastes."""
    from eveobs.cli.endings import immediate_interruptions

    with immediate_interruptions():
        return sys.stdin.readline().strip()


def _code(values: dict[str, str], question: Question) -> str:
    """The code that came back, if it came back to this question."""
    import hmac

    if not hmac.compare_digest(values.get("state", "").encode(), question.state.encode()):
        raise SignInError(
            "the answer belongs to another sign-in (its state is not ours)",
            hint="Start again with `eveobs auth login`, and use the newest address only.",
        )
    if "error" in values:
        denied = values["error"] == "access_denied"
        raise SignInError(
            "the sign-in was cancelled" if denied else f"the sign-in failed: {values['error']}"
        )
    if not values.get("code"):
        raise SignInError("the sign-in came back without a code")
    return values["code"]


def row_of(entry: Entry, wanted: Iterable[str], run: Run, now: float) -> dict[str, Any]:
    """A line of `auth list`."""
    from eveobs.esi.sign_ins import days_left
    from eveobs.store import glance

    left = days_left(entry, now)
    missing = sorted(set(wanted) - set(entry.scopes))
    url = run.loaded().store_url()
    return {
        "character_id": entry.character_id,
        "character": entry.name,
        "corporation": glance.corporation_of(url, entry.character_id),
        "state": "signed in" if left else "sign in again",
        "days_left": left,
        "used_for": ", ".join(purposes_of(entry.scopes)),
        "missing": ", ".join(missing),
        "scopes": list(entry.scopes),
        "used": datetime.fromtimestamp(entry.used, UTC),
    }
