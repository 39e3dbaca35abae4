"""What a site offers, what is missing, and how to get it: the rows of `eveobs publish check`."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import NamedTuple

from eveobs.errors import EveobsError
from eveobs.publish.targets.wordpress import faults
from eveobs.publish.targets.wordpress.companion import Companion
from eveobs.publish.targets.wordpress.discovery import about_over_rest, about_over_xmlrpc
from eveobs.publish.targets.wordpress.line import Line
from eveobs.publish.targets.wordpress.responses import About, Roles
from eveobs.publish.targets.wordpress.rest import BATCH, Rest

PLUGIN_HINT = (
    "`eveobs publish plugin > eveobs.php`, then in the site: Plugins, Add, Upload (a zip)."
)
LACK_HINT = (
    "Deactivate and activate the plugin; its database user needs the right to create tables."
)
MOST_SKEW = 60
"""Seconds that two clocks may differ."""


class Status(StrEnum):
    """How a check went."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


class Check(NamedTuple):
    """One row: what was looked at, what was found, and what to do about it."""

    name: str
    status: Status
    figure: str
    hint: str = ""


@dataclass(slots=True)
class Checking:
    """Looks at the site of `line`. `kinds` and `declaration` are what its plugin should know."""

    line: Line
    transport: str
    kinds: tuple[str, ...]
    declaration: str
    uploads: bool
    clock: Callable[[], float] = time.time
    rows: list[Check] = field(default_factory=list)
    failure: EveobsError | None = None
    _about: About | None = None
    _user: Roles | None = None
    _ways: list[str] = field(default_factory=list)
    _permalinks: str = ""

    def run(self) -> list[Check]:
        """All rows. What makes publishing impossible is in `failure` afterwards."""
        if self._reached():
            self._rest()
            self._xmlrpc()
            self._signed_in()
            self._plugin()
            self._rest_of_it()
        return self.rows

    def _note(self, name: str, status: Status, figure: str, hint: str | None = "") -> None:
        self.rows.append(Check(name, status, figure, hint or ""))

    def _reached(self) -> bool:
        started = self.clock()
        try:
            answer = self.line.send("GET", self.line.home, {})
        except EveobsError as error:
            self._fail("address", error)
            return False
        took = self.clock() - started
        status = Status.OK if answer.status < 400 else Status.WARNING
        self._note("address", status, f"{self.line.home} answers {answer.status} in {took:.2f} s")
        self._clock_of(answer.headers.get("date", ""))
        return True

    def _fail(self, name: str, error: EveobsError) -> None:
        self.failure = self.failure or error
        self._note(name, Status.ERROR, error.message, error.hint)

    def _clock_of(self, date: str) -> None:
        try:
            skew = parsedate_to_datetime(date).timestamp() - self.clock()
        except (TypeError, ValueError):
            self._note("clock", Status.WARNING, "the site does not tell its time")
            return
        off = abs(skew) > MOST_SKEW
        hint = "Set the clock: dates of pages are held against it." if off else ""
        self._note("clock", Status.WARNING if off else Status.OK, f"{skew:+.0f} s from here", hint)

    def _rest(self) -> None:
        rest = Rest(self.line)
        try:
            self._about = about_over_rest(rest)
            if self._about is None:
                self._user = rest.get("/wp/v2/users/me", Roles, context="edit").body
        except EveobsError as error:
            self._unusable("REST", error)
            return
        self._ways.append("rest")
        self._permalinks = "plain" if not self._pretty(rest) else "pretty"
        self._note("REST", Status.OK, "on")

    def _pretty(self, rest: Rest) -> bool:
        """Whether /wp-json is there; with plain permalinks another page is."""
        try:
            answer = self.line.send("GET", f"{rest.site}wp-json/", {})
        except EveobsError:
            return False
        return answer.status == 200 and answer.kind.endswith("json")

    def _xmlrpc(self) -> None:
        from eveobs.publish.targets.wordpress.xmlrpc import GetProfile, XmlRpc

        caller = XmlRpc(self.line)
        try:
            about = about_over_xmlrpc(caller)
            profile = None if about else caller.call(GetProfile(), Roles)
        except EveobsError as error:
            self._unusable("XML-RPC", error)
            return
        self._ways.append("xmlrpc")
        self._about = self._about or about
        if profile is not None and self._user is None:
            self._user = profile
        self._note("XML-RPC", Status.OK, "on")

    def _unusable(self, way: str, error: EveobsError) -> None:
        chosen = self.transport == way.lower().replace("-", "")
        if chosen:
            self._fail(way, error)
        else:
            self._note(way, Status.WARNING, error.message, error.hint)
            self.failure = self.failure or error

    def _signed_in(self) -> None:
        about = self._about.user if self._about else self._user
        if not self._ways or about is None:
            failure = self.failure or faults.wrong_password(self.line.home)
            self._fail("user", failure)
            return
        if self.transport in ("auto", *self._ways):
            self.failure = None
        roles = ", ".join(about.role_names or ["no role"])
        name = about.login or about.username or self.line.username
        if self._may_publish():
            self._note("user", Status.OK, f"{name}, {roles}")
        else:
            self._fail("user", faults.low_role(self.line.home, f"{name} is {roles}"))

    def _may_publish(self) -> bool:
        if self._about:
            return self._about.may.publish
        user = self._user or Roles()
        if isinstance(user.capabilities, dict):
            return bool(user.capabilities.get("publish_posts"))
        return not {"subscriber", "contributor"} & {*(user.role_names or ["subscriber"])}

    def _plugin(self) -> None:
        if self._about is None:
            self._note(
                "plugin",
                Status.WARNING,
                "not there: documents become plain posts, one by one slower",
                PLUGIN_HINT,
            )
            self._note("types", Status.OK, "posts, a category a kind")
            return
        version, protocol = self._about.plugin, self._about.protocol
        if protocol != Companion.protocol:
            self._note("plugin", Status.ERROR, f"{version}, of another eveobs", PLUGIN_HINT)
        elif self._about.lacks:
            names = {"table": "its table in the database", "rules": "the addresses of its pages"}
            missing = ", ".join(names.get(name, name) for name in self._about.lacks)
            self._note("plugin", Status.ERROR, f"{version}; missing: {missing}", LACK_HINT)
        else:
            self._note("plugin", Status.OK, str(version))
        unknown = [kind for kind in self.kinds if kind not in self._about.kinds]
        old = unknown or self._about.declaration != self.declaration
        words = ", ".join(f"eve_{kind}" for kind in self._about.kinds)
        lack = f"; not {', '.join(unknown)}" if unknown else "; not as the templates have them"
        self._note(
            "types",
            Status.WARNING if old else Status.OK,
            words + (lack if old else ""),
            PLUGIN_HINT if old else "",
        )

    def _rest_of_it(self) -> None:
        batch = self._about.batch if self._about else BATCH
        self._note("batch", Status.OK, f"{batch} documents a request")
        structure = self._about.permalinks if self._about else self._permalinks
        self._note("permalinks", Status.OK, structure or "plain")
        if self.uploads:
            allowed = self._about.may.upload if self._about else True
            self._note("pictures", Status.OK if allowed else Status.ERROR, "taken to the site")
        else:
            self._note("pictures", Status.OK, "linked from EVE's image server")
        self._note("way", *self._way())

    def _way(self) -> tuple[Status, str]:
        wanted = self._ways if self.transport == "auto" else [self.transport]
        usable = [way for way in wanted if way in self._ways]
        if not usable or self.failure is not None:
            return Status.ERROR, "none"
        name = {"rest": "REST", "xmlrpc": "XML-RPC"}[usable[0]]
        return Status.OK, f"{name} {'with the plugin' if self._about else 'without the plugin'}"
