"""A large file from a web server, streamed to disk; it is there when all of it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eveobs import __version__
from eveobs.errors import EveobsError, UnreachableError
from eveobs.esi.trust import verified

if TYPE_CHECKING:
    import httpx

PART = 1 << 18
TIME_OUT = 60.0

Told = Callable[[int, int], object]


def web(check: Callable[[str], None] | None = None) -> httpx.Client:
    """A client for whole files. `check` sees each address that is asked, also those it is sent on
    to, and raises for one that may not be. What began with https stays https: a redirect to http,
    to this machine too, is an UnreachableError.
    """
    import httpx

    hooks: dict[str, list[Callable[..., Any]]] = {"response": [_stay_safe]}
    if check is not None:
        hooks["request"] = [lambda request: check(str(request.url))]
    return httpx.Client(
        headers={"user-agent": f"eveobs/{__version__}"},
        timeout=TIME_OUT,
        follow_redirects=True,
        verify=verified(),
        event_hooks=hooks,
    )


def _stay_safe(answer: httpx.Response) -> None:
    """Refuse to be sent from https to anything else, before it is asked."""
    import httpx

    if not answer.has_redirect_location or answer.url.scheme != "https":
        return
    try:
        there = answer.url.join(answer.headers["location"])
    except (httpx.InvalidURL, ValueError):
        return  # httpx says so itself
    if there.scheme != "https":
        raise UnreachableError(
            f"{answer.url.host} sends requests on from https to {there.scheme}://{there.host}",
            hint="Nothing was asked there: whoever is on the way could answer.",
        )


def download(http: httpx.Client, url: str, file: Path, what: str, largest: int, told: Told) -> None:
    """`url` as `file`. `told` is told bytes so far and in all (0: unknown); messages call it
    `what`. Raises UnreachableError, and EveobsError for more than `largest` bytes or a full disk.
    """
    part = file.with_suffix(".part")
    try:
        with reached(what), http.stream("GET", url) as answer:
            if answer.status_code != 200:
                raise UnreachableError(f"{answer.url} answered {answer.status_code}")
            _write(answer, part, what, largest, told)
        part.replace(file)
    except OSError as error:
        raise EveobsError(f"{part} cannot be written: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def reached(what: str) -> Iterator[None]:
    """What goes wrong on the network inside is an UnreachableError."""
    import httpx

    try:
        yield
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise UnreachableError(
            f"{what} cannot be reached: {str(error) or type(error).__name__}"
        ) from error


def _write(answer: httpx.Response, file: Path, what: str, largest: int, told: Told) -> None:
    length = answer.headers.get("content-length", "")
    total = int(length) if length.isdecimal() else 0
    done = 0
    with file.open("wb") as out:
        for part in answer.iter_bytes(PART):
            done += len(part)
            if done > largest:
                raise EveobsError(f"{what} is larger than it can be")
            out.write(part)
            told(done, total)
    if total and done < total and "content-encoding" not in answer.headers:
        raise UnreachableError(f"only {done:,} of {total:,} bytes of {what} came")
