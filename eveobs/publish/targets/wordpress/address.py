"""Where a site is, and how it is asked there."""

from __future__ import annotations

from urllib.parse import urlsplit

from eveobs.errors import ConfigError

HINT = "`eveobs config set wordpress.url https://…` keeps the address."


def home_of(url: str) -> str:
    """The address of a site with a slash at its end. Raises ConfigError where none is set, or where
    a password would cross a network in clear.
    """
    if not url:
        raise ConfigError("no WordPress site is named: wordpress.url is empty", hint=HINT)
    home = url.rstrip("/") + "/"
    for ending in ("xmlrpc.php/", "wp-json/", "wp-admin/", "wp-login.php/"):
        home = home.removesuffix(ending)
    return home


def route_of(home: str, path: str) -> str:
    """The address of a REST route. This form works whatever the site's permalinks are."""
    return f"{home}?rest_route={path}"


def moved_to(location: str, asked: str) -> str:
    """The address of the site that a redirect of a request leads to, "" for what is none."""
    try:
        there, here = urlsplit(location), urlsplit(asked)
    except ValueError:  # such as http://[
        return ""
    if not there.netloc:
        there = there._replace(scheme=here.scheme, netloc=here.netloc)
    path = there.path.partition("xmlrpc.php")[0].partition("wp-json")[0]
    return f"{there.scheme}://{there.netloc}{path}".rstrip("/")
