"""`eveobs auth`: sign characters in and out, and keep them signed in."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from eveobs.cli.options import YES, Output, prints_rows
from eveobs.errors import EveobsError, SignInError, UsageError

if TYPE_CHECKING:
    from eveobs.cli.context import Run
    from eveobs.esi.sign_ins import SignIns
    from eveobs.esi.vault import Entry

app = typer.Typer(help="Sign characters in and out.", no_args_is_help=True)


@app.command("login")
def login(
    context: typer.Context,
    scopes: Annotated[
        str, typer.Option("--scopes", metavar="A,B,C", help="Ask for exactly these scopes.")
    ] = "",
    purposes: Annotated[
        str,
        typer.Option(
            "--for",
            metavar="PROCESSOR,…",
            help="Ask for what these processors need, such as blueprints,assets. "
            "Default: for all there are.",
        ),
    ] = "",
    browser: Annotated[
        bool,
        typer.Option(
            "--browser/--no-browser",
            help="Without: print the address, and take the one you were sent back to from stdin.",
        ),
    ] = True,
    timeout: Annotated[
        int, typer.Option("--timeout", metavar="SECONDS", help="How long to wait.", min=1)
    ] = 300,
) -> None:
    """Sign a character in, in your browser.

    eveobs sees no password. It gets a token for the scopes you agree to, keeps it encrypted, and
    renews it. Do it again for another character, or for other scopes.

    Prints the address to open and waits for the browser. On a machine without one, --no-browser
    takes the address that a browser elsewhere was sent back to. With --no-input it fails with 4.
    """
    from eveobs.cli.signing_in import (
        client_known,
        refuse_without_person,
        sign_in,
        wanted_scopes,
    )

    run: Run = context.obj
    if scopes and purposes:
        raise UsageError("--scopes and --for exclude each other")
    refuse_without_person(run)
    asked = wanted_scopes(scopes, purposes)
    client_known(run)
    try:
        entry = asyncio.run(sign_in(run, asked, browser=browser, patience=timeout))
    except EveobsError as error:
        sso = run.loaded().settings.sso.base_url
        run.audit().note("auth.login", sso, result="failed", error=error.message)
        raise
    refused = set(asked) - set(entry.scopes)
    run.remark(f"{entry.name} is signed in, for {len(entry.scopes)} scopes")
    if refused:
        run.remark(f"not agreed to: {', '.join(sorted(refused))}")
    _tell_key(run, run.sign_ins())


@app.command("list")
@prints_rows
def list_(
    context: typer.Context,
    *,
    output: Output,
) -> None:
    """Show who is signed in, for what, and how long that lasts. Asks nobody."""
    from eveobs.cli.options import chosen_format
    from eveobs.cli.signing_in import COLUMNS, row_of, wanted_scopes

    run: Run = context.obj
    sign_ins = run.sign_ins()
    purposes = ",".join(run.loaded().settings.observe.processors)
    wanted = wanted_scopes("", purposes)
    now = run.now().timestamp()
    rows = [row_of(entry, wanted, run, now) for entry in sign_ins.vault.entries()]
    run.write(
        rows,
        COLUMNS,
        format=chosen_format(output),
        all_fields=("character_id", *(column.field for column in COLUMNS), "scopes", "used"),
    )
    if not rows:
        run.remark("nobody is signed in; `eveobs auth login` signs a character in")
    _tell_key(run, sign_ins)


@app.command("refresh")
def refresh(
    context: typer.Context,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME|ID…", help="Whose sign-ins.")
    ] = None,
    everyone: Annotated[bool, typer.Option("--all", help="Everybody who is signed in.")] = False,
) -> None:
    """Renew sign-ins now. They die after a month without use; any fetch keeps them alive too."""
    run: Run = context.obj
    sign_ins = run.sign_ins()
    if everyone == bool(names):
        raise UsageError("name characters, or give --all")
    entries = (
        sign_ins.vault.entries() if everyone else [sign_ins.entry(name) for name in names or ()]
    )
    if not entries:
        raise SignInError("nobody is signed in", hint="`eveobs auth login` signs one in.")
    failed = asyncio.run(_renew_all(run, sign_ins, entries))
    if failed:
        raise failed[0]


@app.command("logout")
def logout(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME|ID", help="Character to sign out.")],
    yes: YES = False,
) -> None:
    """Revoke a character's token and forget it. What was fetched stays.

    On a terminal it asks first: to sign in again takes a browser.
    """
    run: Run = context.obj
    sign_ins = run.sign_ins()
    entry = sign_ins.entry(name)
    run.confirm(f"Sign {entry.name} out and revoke the token?", yes=yes)
    try:
        asyncio.run(sign_ins.remove(entry))
    except EveobsError as error:
        raise type(error)(
            f"{entry.name} is forgotten here, but the token could not be revoked: {error.message}",
            hint="Revoke it at https://developers.eveonline.com/authorized-apps.",
        ) from error
    run.remark(f"{entry.name} is signed out")


async def _renew_all(run: Run, sign_ins: SignIns, entries: list[Entry]) -> list[EveobsError]:
    """Renew one after the other; one that fails keeps no other from it."""
    failed: list[EveobsError] = []
    for entry in entries:
        try:
            await sign_ins.renewed(entry, always=True)
        except EveobsError as error:
            failed.append(error)
            if len(entries) > 1:
                run.remark(f"error: {error.message}")
        else:
            run.remark(f"{entry.name} is signed in for another month")
    return failed


def _tell_key(run: Run, sign_ins: SignIns) -> None:
    place = sign_ins.vault.key_place()
    if place == "keyring":
        run.remark("the key of the sign-ins is in the system's keyring")
    elif place == "file":
        run.remark("the key of the sign-ins is in a file that only you can read")
