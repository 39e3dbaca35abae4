"""Headers that lie about what an answer is and how long it is good."""

from __future__ import annotations

from hashlib import sha224

from eveobs.sandbox.answers import Answer
from eveobs.sandbox.conditional import http_date
from eveobs.sandbox.faults.kind import Scene


def never_modified(scene: Scene) -> Answer:
    """304 for any ETag. It names the one that is current, or with `echo` the one that was asked."""
    honest, asked = scene.honest(), scene.headers.get("If-None-Match")
    if asked is None or honest.status != 200 or honest.body is None:
        return honest
    echoed = (("Etag", asked),) if scene.options["echo"] else ()
    return honest._replace(status=304, extra=echoed)


def always_modified(scene: Scene) -> Answer:
    """Another ETag each time, so that nothing is ever the same."""
    honest = scene.honest()
    if honest.body is None or not honest.etag:
        return honest
    drawn = sha224(b"%d %s" % (scene.strike.number, honest.body.etag.encode())).hexdigest()
    return honest._replace(etag=False, extra=(("Etag", f'"{drawn}"'),))


def no_expiry(scene: Scene) -> Answer:
    """No Expires, with 304 neither (esi-issues#777)."""
    return scene.honest()._replace(expires=None)


def skewed(scene: Scene) -> Answer:
    """The server's clock is wrong: Date and Expires are off by the same."""
    honest, off = scene.honest(), int(scene.options["off"])
    dates = [("Date", http_date(int(scene.call.now) + off))]
    if honest.expires is not None:
        dates.append(("Expires", http_date(honest.expires + off)))
    return honest._replace(extra=tuple(dates))
