"""ESI's routes about itself and the game."""

from __future__ import annotations

from eveobs.esi.openapi_facts import reviewed
from eveobs.esi.routes import BY_PATH, COMPATIBILITY_DATE
from eveobs.sandbox.answers import Answer, Body, Call, Handlers
from eveobs.sandbox.calendar import DAY, Calendar, moment, static_data_since
from eveobs.sandbox.openapi_document import changelog, document

_STATUS = "/status"
_DATES = "/meta/compatibility-dates"
_HEALTH = "/meta/status"
_CHANGELOG = "/meta/changelog"
_DOCUMENT = "/meta/openapi.json"
_KNOWN_DATES = (COMPATIBILITY_DATE, "2026-07-21", "2026-06-09", "2020-01-01")
_DOWNTIME_ENDS_BEFORE = 182
"""The server starts at about 11:01:58, in a recorded answer; static data expires at 11:05:00."""
_BUILD = 3145366
_PLAYERS, _FEWER_PER_HOUR, _BUSIEST_HOUR = 33_000, 900, 19


class StatusRoutes:
    """Shows a server that is always up."""

    def __init__(self, calendar: Calendar) -> None:
        self._calendar = calendar
        self._dates = Body({"compatibility_dates": _KNOWN_DATES})
        states = [{"method": method, "path": path, "status": "OK"} for method, path in BY_PATH]
        self._health = Body({"routes": states})

    @property
    def handlers(self) -> Handlers:
        """What this room answers."""
        return {
            ("GET", _STATUS): self.status,
            ("GET", _DATES): self.compatibility_dates,
            ("GET", _HEALTH): self.health,
            ("GET", _CHANGELOG): self.changelog,
            ("GET", _DOCUMENT): self.document,
        }

    def status(self, call: Call) -> Answer:
        """Players come in the evening; the server started after today's downtime."""
        ttl = self._calendar.ttl(BY_PATH["GET", _STATUS].cache_age)
        since = self._calendar.tick(call.now, ttl)
        downtime = static_data_since(since)
        hour = since % DAY // 3600
        body = {
            "players": _PLAYERS - _FEWER_PER_HOUR * abs(hour - _BUSIEST_HOUR) + since % 97,
            "server_version": str(_BUILD + downtime // DAY % 1000),
            "start_time": moment(downtime - _DOWNTIME_ENDS_BEFORE),
            "vip": False,
        }
        return Answer(200, Body(body), since, since + ttl, cache_control="public")

    def changelog(self, call: Call) -> Answer:
        """Since when each route that eveobs uses is as it is; nothing later is announced."""
        return self._until_changed(call, Body({"changelog": changelog(reviewed())}))

    def document(self, call: Call) -> Answer:
        """An OpenAPI document of the reviewed facts, without their sentences."""
        return self._until_changed(call, Body(document(reviewed())))

    def _until_changed(self, call: Call, body: Body) -> Answer:
        ttl = self._calendar.ttl(BY_PATH["GET", _CHANGELOG].cache_age)
        begin = self._calendar.begin
        return Answer(200, body, begin, int(call.now) + ttl, cache_control=f"public, max-age={ttl}")

    def compatibility_dates(self, call: Call) -> Answer:
        """Has no ETag and is not of any moment; it says how long it is good instead."""
        ttl = self._calendar.ttl(BY_PATH["GET", _DATES].cache_age)
        return Answer(
            200,
            self._dates,
            None,
            int(call.now) + ttl,
            cache_control=f"public, max-age={ttl}",
            etag=False,
        )

    def health(self, call: Call) -> Answer:  # noqa: ARG002 - it is always the same
        """Every route is well. Like ESI's own, it changes by events, and does not expire."""
        return Answer(200, self._health, self._calendar.begin, None, cache_control="public")
