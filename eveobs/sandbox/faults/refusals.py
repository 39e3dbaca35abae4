"""Answers that are errors, in ESI's words, or in those of a proxy before it."""

from __future__ import annotations

from math import ceil

from eveobs.sandbox.answers import Answer, RawBody, error
from eveobs.sandbox.faults.kind import Change, Scene
from eveobs.sandbox.limits import ERROR_LIMIT_EXCEEDED

PAGE = (
    b"<!DOCTYPE html>\n<html><head><title>Please wait</title></head>\n"
    b"<body><h1>One moment</h1><p>A proxy before ESI answers this.</p></body></html>\n"
)
TOO_MANY = "Too many requests"
_NOT_TOLD = (
    *("Retry-After", "X-Esi-Error-Limit-Remain", "X-Esi-Error-Limit-Reset"),
    *("X-Ratelimit-Group", "X-Ratelimit-Limit", "X-Ratelimit-Remaining", "X-Ratelimit-Used"),
)


def refused_with(status: int, words: str) -> Change:
    """An error in ESI's form; with the option `html` it is a web page instead."""

    def change(scene: Scene) -> Answer:
        return web_page(status) if scene.options["html"] else error(status, words)

    return change


def timeout(scene: Scene) -> Answer:
    """504 as ESI says it (esi-issues#855)."""
    if scene.options["html"]:
        return web_page(504)
    return error(504, "Timeout contacting tranquility", timeout=10)


def web_page(status: int) -> Answer:
    """From something that is not ESI."""
    return Answer(status, RawBody(PAGE, content_type="text/html"), hit=False, etag=False)


def error_limit(scene: Scene) -> Answer:
    """420, and not for this request alone: no route answers anything else until it is over."""
    scene.errors.exhaust(scene.call.now, scene.options["seconds"])
    return error(420, ERROR_LIMIT_EXCEEDED)


def too_many(scene: Scene) -> Answer:
    """429 that tells for how long."""
    left = max(1, ceil(scene.strike.until - scene.call.now))
    return error(429, TOO_MANY)._replace(extra=(("Retry-After", str(left)),))


def too_many_for_the_game(_: Scene) -> Answer:
    """429 of the game server, which tells nothing."""
    untold = tuple((name, None) for name in _NOT_TOLD)
    return error(429, TOO_MANY)._replace(extra=untold)


def stop_spamming(scene: Scene) -> Answer:
    """520 as the routes of contract items say it; the time that remains is in microseconds."""
    left = ceil((scene.strike.until - scene.call.now) * 1_000_000)
    return error(520, f'ConStopSpamming, details: {{"remainingTime": {left}}}')


def moved(scene: Scene) -> Answer:
    """A redirect to where nobody is: to follow it would be a mistake that shows."""
    elsewhere = "http://127.0.0.1:9/elsewhere"
    status = int(scene.options["status"])
    return Answer(status, hit=False, etag=False, extra=(("Location", elsewhere),))
