"""The WordPress site of the settings, as the command line opens it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from eveobs.errors import ConfigError, SignInError
from eveobs.publish.kinds import Kind, plurals
from eveobs.settings.secret import Secret

if TYPE_CHECKING:
    from eveobs.cli.context import Run
    from eveobs.publish.target import Target
    from eveobs.publish.targets.wordpress.line import Line


def line_to_site(run: Run) -> Line:
    """The line to the site, as its user. Raises ConfigError or SignInError where one is missing."""
    from eveobs.publish.targets.wordpress.line import Line

    settings = run.loaded().settings.wordpress
    if not settings.url:
        raise ConfigError(
            "no WordPress site is named",
            hint="`eveobs config set wordpress.url https://…`, and wordpress.username.",
        )
    if not settings.username:
        raise ConfigError(
            "wordpress.username is empty", hint="`eveobs config set wordpress.username NAME`."
        )
    return Line(settings.url, settings.username, _password(run), timeout=settings.timeout)


def open_wordpress(run: Run, kinds: Mapping[str, Kind], *, upload: bool) -> Target:
    """The site, by the best way that it offers."""
    from eveobs.publish.targets.wordpress.discovery import Surroundings, find_way

    loaded = run.loaded()
    around = Surroundings(
        folder=loaded.places.state / "publish",
        plurals=plurals(list(kinds.values())),
        warn=lambda message: run.remark(f"warning: {message}"),
        images=loaded.settings.images.base_url if upload else "",
    )
    line = line_to_site(run)
    try:
        return find_way(line, loaded.settings.wordpress.transport, around)
    except BaseException:
        line.close()
        raise


def _password(run: Run) -> Secret:
    """The application password: of the settings, or typed where there is a person."""
    known = run.loaded().settings.wordpress.app_password
    if known:
        known.reveal()  # one that is for another site says so before anything is sent
        return known
    if not run.may_ask():
        raise SignInError(
            "the application password of the WordPress site is not known",
            hint="Give it as EVEOBS_WORDPRESS__APP_PASSWORD, or in a file that "
            "EVEOBS_WORDPRESS__APP_PASSWORD_FILE names.",
        )
    from getpass import getpass

    return Secret(getpass("Application password: ", stream=sys.stderr).strip())
