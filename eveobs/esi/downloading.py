"""A large file from a web server, streamed to disk; it is there when all of it is.

A download that breaks can be resumed (RFC 9110, chapters 13.1.5 and 14): the part stays beside the
file with the validator that the server gave, and the next request asks for the rest of that very
version (`Range`, `If-Range`). A server that has another version, or knows no ranges, answers with
the whole; one whose answer does not fit the part is asked for the whole. Whether what was put
together is right is checked by whoever wants the file, since no header proves it.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import msgspec

from eveobs import __version__
from eveobs.errors import EveobsError, UnreachableError
from eveobs.esi.bounds import whole_number
from eveobs.esi.trust import verified
from eveobs.esi.unpacking import TooLargeError, Unpacker
from eveobs.files import open_private
from eveobs.settings.bounded_read import OPEN_FLAGS, check_regular

if TYPE_CHECKING:
    import httpx

PART = 1 << 18
TIME_OUT = 60.0
"""Seconds of silence; also for all headers of an answer."""
MIN_RATE = 4096
"""Bytes a second; a body that is slower for TIME_OUT seconds is given up."""
RESUMES = 3
"""How often one call goes on after a break, each time only if the last attempt got further."""
PAUSE = 1.0
"""Seconds before it goes on."""
PACKING = {"content-encoding", "content-length", "transfer-encoding"}
_MAX_NOTE = 64 * 1024
"""Bytes of a note; a longer one is none."""
_RANGE = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18})")

Told = Callable[[int, int], object]


class _BrokenError(UnreachableError):
    """A download that ended too early; `part` has what came."""


class _Note(msgspec.Struct):
    """What is known of a part: where it is from, the validator of its version, and its whole size
    (0: unknown).
    """

    url: str
    validator: str
    total: int = 0


class _Partial:
    """The part of `file` that has come so far, and the note about it."""

    def __init__(self, file: Path) -> None:
        self.path = file.with_suffix(".part")
        self._note = file.with_suffix(".part.json")

    @property
    def size(self) -> int:
        """Bytes that are there."""
        if self.path.is_symlink() or not self.path.is_file():
            return 0
        return self.path.stat().st_size

    def note(self, url: str) -> _Note | None:
        """The note, if the part can be added to: of this address, and of a known version."""
        try:
            with _private(self._note, "rb") as file:
                found = msgspec.json.decode(file.read(_MAX_NOTE), type=_Note)
        except (OSError, msgspec.DecodeError, RecursionError):
            return None
        return found if found.url == url and found.validator and self.size else None

    def begin(self, url: str, answer: httpx.Response) -> None:
        """Write the note before the first byte: the part is of no use without it."""
        self.remove()
        validator = _validator(answer)
        if validator:
            note = _Note(url, validator, _length(answer))
            with _private(self._note, "wb") as file:
                file.write(msgspec.json.encode(note))

    def remove(self) -> None:
        """Throw it away."""
        self.path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)

    def complete(self, file: Path) -> None:
        """The part is the whole file."""
        self.path.replace(file)
        self._note.unlink(missing_ok=True)


def web(check: Callable[[str], None] | None = None) -> httpx.Client:
    """A client for whole files. `check` sees each address that is asked, also those it is sent on
    to, and raises for one that may not be. What began with https stays https: a redirect to http,
    to this machine too, is an UnreachableError.
    """
    from eveobs.esi.bounded_http import bounded_client

    hooks: dict[str, list[Callable[..., Any]]] = {"response": [_stay_safe]}
    if check is not None:
        hooks["request"] = [lambda request: check(str(request.url))]
    return bounded_client(
        head=TIME_OUT,
        rate=MIN_RATE,
        # What is downloaded is packed already; httpx would unpack an encoding without a bound.
        headers={"user-agent": f"eveobs/{__version__}", "accept-encoding": "identity"},
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


def download(
    http: httpx.Client,
    url: str,
    file: Path,
    what: str,
    largest: int,
    told: Told,
    *,
    check: Callable[[Path], bool] | None = None,
) -> None:
    """Download `url` to `file`. `told` is told bytes so far and in all (0: unknown); messages call
    it `what`.

    With `check`, which says whether a file that was put together is right, a broken download is
    resumed, now and by the next call; without it the part is removed. Raises UnreachableError, and
    EveobsError for more than `largest` bytes or a full disk.
    """
    part = _Partial(file)
    if check is None:
        part.remove()
    keep = False
    try:
        with reached(what):
            resumed = _attempts(http, url, part, what, largest, told, resumable=check is not None)
            if resumed and check is not None and not check(part.path):
                # Two versions put together, or a server that sent something else: once more, whole.
                part.remove()
                _attempts(http, url, part, what, largest, told, resumable=True)
        part.complete(file)
    except OSError as error:
        raise EveobsError(f"{part.path} cannot be written: {error.strerror}") from error
    except UnreachableError:
        keep = check is not None and part.note(url) is not None
        raise
    finally:
        if not keep:
            with suppress(OSError):
                part.remove()


def _attempts(
    http: httpx.Client,
    url: str,
    part: _Partial,
    what: str,
    largest: int,
    told: Told,
    *,
    resumable: bool,
) -> bool:
    """Ask until all of it is there; returns whether it was put together of several answers."""
    left = RESUMES if resumable else 0
    resumed = False
    while True:
        before = part.size
        try:
            with reached(what, broken=True):
                return _attempt(http, url, part, what, largest, told) or resumed
        except _BrokenError:
            if not left or part.note(url) is None or part.size <= before:
                raise
        left -= 1
        resumed = True
        time.sleep(PAUSE)


def _attempt(
    http: httpx.Client, url: str, part: _Partial, what: str, largest: int, told: Told
) -> bool:
    """One request, and a second if the answer does not fit; returns whether it resumed."""
    note = part.note(url)
    if note is not None:
        headers = {"range": f"bytes={part.size}-", "if-range": note.validator}
        # A range of a compressed answer would be one of other bytes.
        with http.stream("GET", url, headers={**headers, "accept-encoding": "identity"}) as answer:
            if _continues(answer, note, part.size):
                _write(answer, part.path, what, largest, told, have=part.size, total=note.total)
                return True
            if answer.status_code == 200:  # another version, or no ranges: this is the whole
                part.begin(url, answer)
                _write(answer, part.path, what, largest, told)
                return False
            if answer.status_code not in {206, 416}:
                raise UnreachableError(f"{answer.url} answered {answer.status_code}")
        part.remove()
    with http.stream("GET", url, headers={"accept-encoding": "identity"}) as answer:
        if answer.status_code != 200:
            raise UnreachableError(f"{answer.url} answered {answer.status_code}")
        part.begin(url, answer)
        _write(answer, part.path, what, largest, told)
    return False


def _continues(answer: httpx.Response, note: _Note, have: int) -> bool:
    """Whether an answer is the rest of the part: from the next byte to the end, of that version."""
    found = _RANGE.fullmatch(answer.headers.get("content-range", ""))
    if answer.status_code != 206 or found is None or "content-encoding" in answer.headers:
        return False
    first, last, total = map(int, found.groups())
    same = _validator(answer) in {"", note.validator}
    return same and first == have and last == total - 1 and total == (note.total or total)


def _validator(answer: httpx.Response) -> str:
    """What names the version exactly: a strong ETag, else the date of the last change; "" where
    neither is there. A weak ETag says that versions are alike, not that their bytes are.
    """
    etag: str = answer.headers.get("etag", "")
    if "content-encoding" in answer.headers:
        return ""
    if etag and not etag.startswith("W/"):
        return etag
    return "" if etag else str(answer.headers.get("last-modified", ""))


@contextmanager
def reached(what: str, *, broken: bool = False) -> Iterator[None]:
    """What goes wrong on the network inside is an UnreachableError."""
    import httpx

    try:
        yield
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        cut = broken and isinstance(error, httpx.TransportError)
        kind = _BrokenError if cut else UnreachableError
        raise kind(f"{what} cannot be reached: {str(error) or type(error).__name__}") from error


def unpacked(answer: httpx.Response, what: str, largest: int) -> Iterator[bytes]:
    """The parts of the body of `answer`, at most `largest` bytes; an encoding that was not asked
    for is unpacked all the same. Raises EveobsError for more, UnreachableError for damage.
    """
    encoding = answer.headers.get("content-encoding", "").strip().lower()
    try:
        unpacker = Unpacker(encoding, largest=largest)
        for part in answer.iter_raw(PART):
            unpacker.add(part)
            yield unpacker.taken()
        unpacker.body()
    except TooLargeError as error:
        raise EveobsError(f"{what} is larger than it can be") from error
    except ValueError as error:
        raise UnreachableError(f"{what} came with {error}") from error


def body_of(http: httpx.Client, url: str, what: str, largest: int, **more: Any) -> httpx.Response:
    """The answer to `GET url` with a body of at most `largest` bytes."""
    import httpx

    with http.stream("GET", url, **more) as answer:
        body = b"".join(unpacked(answer, what, largest))
    headers = {name: value for name, value in answer.headers.items() if name not in PACKING}
    return httpx.Response(answer.status_code, headers=headers, content=body, request=answer.request)


def _private(file: Path, mode: str) -> BinaryIO:
    """`file`, readable by this user alone, and never through a link that somebody planted, or from
    a pipe.
    """

    def opener(path: str, flags: int) -> int:
        descriptor = open_private(Path(path), flags | OPEN_FLAGS)
        try:
            check_regular(descriptor)
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    opened = open(file, mode, opener=opener)  # noqa: SIM115 - the caller closes it
    return cast("BinaryIO", opened)


def _length(answer: httpx.Response) -> int:
    return max(whole_number(answer.headers.get("content-length")) or 0, 0)


def _write(
    answer: httpx.Response,
    file: Path,
    what: str,
    largest: int,
    told: Told,
    *,
    have: int = 0,
    total: int = 0,
) -> None:
    """Add the body to the `have` bytes of `file` that are there. `total`: 0 for what the answer
    says.
    """
    total = total or have + _length(answer)
    if total > largest:
        raise EveobsError(f"{what} is larger than it can be")
    known = "content-encoding" not in answer.headers
    done = have
    with _private(file, "ab" if have else "wb") as out:
        for part in unpacked(answer, what, largest - have):
            done += len(part)
            out.write(part)
            told(done, total)
    if total > have and done < total and known:
        raise _BrokenError(f"only {done:,} of {total:,} bytes of {what} came")
