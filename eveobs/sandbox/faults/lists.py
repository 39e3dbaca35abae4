"""Lists whose pages do not agree, as ESI's do not always (esi-issues#1149)."""

from __future__ import annotations

import msgspec

from eveobs.sandbox.answers import Answer, Body, RefusedError
from eveobs.sandbox.faults.kind import Scene


def drift(scene: Scene) -> Answer:
    """A page of another cycle, with a Last-Modified and an Expires of its own.

    One of a later cycle was modified just now: nothing is of the future.
    """
    strike, call = scene.strike, scene.call
    then = call.now + strike.options["cycles"] * strike.calendar.cycle
    answer = scene.ask(call._replace(now=then))
    if answer.last_modified is None:
        return answer
    modified = min(answer.last_modified, int(strike.since))
    return answer._replace(last_modified=modified, expires=int(strike.until), hit=True)


def shrink(scene: Scene) -> Answer:
    """After page 1 was read, the list is renewed without its last page, until the cycle ends.

    That page 1 expires after the option `seconds`, so that it can be read again.
    """
    strike, honest = scene.strike, scene.honest()
    if not honest.pages or honest.pages < 2:
        return honest
    if strike.begins:
        return honest._replace(expires=int(strike.since + strike.options["seconds"]))
    if scene.call.page >= honest.pages:
        raise RefusedError(404, "Requested page does not exist!")
    modified = max(int(strike.since), (honest.last_modified or 0) + 1)
    return honest._replace(
        pages=honest.pages - 1, last_modified=modified, expires=int(strike.until)
    )


def repeat_rows(scene: Scene) -> Answer:
    """The page begins with the last rows of the page before."""
    honest, call = scene.honest(), scene.call
    if honest.status != 200 or honest.body is None or call.page < 2:
        return honest
    before = scene.ask(call._replace(query=f"page={call.page - 1}"))
    if before.status != 200 or before.body is None:
        return honest
    number = int(scene.options["rows"])
    rows = msgspec.json.decode(before.body.data)[-number:] if number else []
    return honest._replace(body=Body(rows + msgspec.json.decode(honest.body.data)))


def lie_about_pages(scene: Scene) -> Answer:
    """X-Pages says more, or fewer, than there are."""
    honest = scene.honest()
    if honest.pages is None:
        return honest
    return honest._replace(pages=max(1, honest.pages + int(scene.options["add"])))
