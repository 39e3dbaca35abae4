"""What a text must be like, beyond being text: addresses, dates, paths. Pure rules.

A rule takes the text (never empty unless the setting may not be) and where it stands, and returns
the text as eveobs uses it. It raises ValueError, without the text in it, for what does not fit.
"""

from __future__ import annotations

import ipaddress
import os.path
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit


class Standing(NamedTuple):
    """Where a value stands: relative paths start at `folder`, `~` is `home`."""

    folder: Path
    home: Path


class Check(NamedTuple):
    """A rule, and what it expects in words: they complete "expected …"."""

    expected: str
    rule: Callable[[str, Standing], str]


_EMAIL = re.compile(r"[!-~]+@[!-~]+")
_NOT_IN_A_HEADER_COMMENT = frozenset('()<>,;:\\"[]')
_WORD = re.compile(r"[A-Za-z0-9_-]+")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_OLD_VERSION_PREFIX = re.compile(r"/(latest|dev|legacy|v\d+)$")
_STORE_URL = re.compile(r"(sqlite|postgresql|postgres)(\+\w+)?://")
_SQLITE_FILE = "sqlite:///"
_POSTGRES_DRIVER = "postgresql+psycopg"


def _web_parts(text: str) -> SplitResult:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or re.search(r"\s", text):
        raise ValueError("not an http address")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError("user names, queries and fragments do not belong here")
    # Reading the port is what checks it.
    if parts.port == 0:
        raise ValueError("no such port")
    return parts


def is_this_machine(host: str) -> bool:
    """Whether what is said to `host` stays on this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


_DEFAULT_PORTS = {"http": 80, "https": 443}


def web_origin(url: str) -> str:
    """`scheme://host:port` of an http or https address, to be compared; the port is left out where
    it is the usual one (RFC 6454, sections 4 and 6.2).

    Raises ValueError for what is no such address.
    """
    parts = urlsplit(url)
    scheme, host = parts.scheme.lower(), parts.hostname
    # A browser, and some libraries, end the host at a backslash; urlsplit does not.
    if scheme not in _DEFAULT_PORTS or not host or re.search(r"[\s\\]", url):
        raise ValueError("not an http address")
    named = f"[{host}]" if ":" in host else host
    usual = parts.port in (None, _DEFAULT_PORTS[scheme])
    return f"{scheme}://{named}" if usual else f"{scheme}://{named}:{parts.port}"


def _site(text: str, _: Standing) -> str:
    parts = _web_parts(text)
    if parts.scheme == "http" and not is_this_machine(parts.hostname or ""):
        raise ValueError("plain http may be read by anyone on the way")
    return text.rstrip("/")


def _safe_web(text: str, standing: Standing) -> str:
    # Addresses of before 2025 end in a version; ESI's paths have none any more.
    return _OLD_VERSION_PREFIX.sub("", _site(text, standing))


def _day(text: str, _: Standing) -> str:
    if not _DATE.fullmatch(text):
        raise ValueError("not a date")
    date.fromisoformat(text)
    return text


def _email(text: str, _: Standing) -> str:
    if not _EMAIL.fullmatch(text) or _NOT_IN_A_HEADER_COMMENT & set(text):
        raise ValueError("not an e-mail address")
    return text


def _word(text: str, _: Standing) -> str:
    if not _WORD.fullmatch(text):
        raise ValueError("not a word")
    return text


def _path(text: str, standing: Standing) -> str:
    if text == "~" or text.startswith(("~/", "~\\")):
        if not standing.home.is_absolute():
            raise ValueError("nobody knows the home folder")
        return os.path.normpath(standing.home / text[2:])
    return os.path.normpath(standing.folder / text)


def _store(text: str, standing: Standing) -> str:
    found = _STORE_URL.match(text)
    if not found:
        raise ValueError("not a store")
    kind, driver = found.groups()
    if kind != "sqlite":
        if driver not in {None, "+psycopg"}:
            raise ValueError("not a driver that eveobs uses")
        return f"{_POSTGRES_DRIVER}://{text[found.end() :]}"
    if driver:
        raise ValueError("not a driver that eveobs uses")
    return _sqlite(text, standing)


def _sqlite(text: str, standing: Standing) -> str:
    if not text.startswith(_SQLITE_FILE):
        raise ValueError("a SQLite file has no host")
    file, question, query = text.removeprefix(_SQLITE_FILE).partition("?")
    if not file:
        raise ValueError("no file is named")
    if file == ":memory:" or file.startswith("file:"):
        return text
    return f"{_SQLITE_FILE}{_path(file, standing)}{question}{query}"


def _redis(text: str, _: Standing) -> str:
    if not re.match(r"(rediss?|unix)://.", text):
        raise ValueError("not a Redis address")
    return text


def _anywhere(text: str, _: Standing) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or re.search(r"\s", text):
        raise ValueError("not an http address")
    return text


def _listen(text: str, _: Standing) -> str:
    if not re.fullmatch(r"(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]*):\d{1,5}", text):
        raise ValueError("not a place to listen at")
    return text


ANY_WEB = Check("an http or https address", _anywhere)
LISTEN = Check("HOST:PORT, such as 127.0.0.1:9464", _listen)
SAFE_WEB = Check("an https address (plain http only for this machine)", _safe_web)
SITE = Check("an https address (plain http only for this machine)", _site)
DAY = Check("a date such as 2026-08-18", _day)
EMAIL = Check("an e-mail address", _email)
WORD = Check("letters, digits, - and _", _word)
PATH = Check("a path", _path)
STORE = Check("sqlite:///PATH or postgresql+psycopg://USER:PASSWORD@HOST/DATABASE", _store)
REDIS = Check("redis://HOST:PORT/DATABASE", _redis)
