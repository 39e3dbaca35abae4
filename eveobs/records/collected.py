"""What a processor hands over: the rows of a list, and the details that hang on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, NamedTuple, TypeVar

from eveobs.errors import EveobsError
from eveobs.records.schema import Record

R_co = TypeVar("R_co", bound=Record, covariant=True)


class Meaning(StrEnum):
    """What ESI said when asked for a detail. Everything but GIVEN means there is nothing to see."""

    GIVEN = "given"
    OVER = "expired_or_accepted"
    ACCEPTED = "accepted"
    NOT_PUBLIC = "not_public"
    NOT_FOUND = "not_found"


class DetailAnswer(NamedTuple, Generic[R_co]):
    """The rows of `detail` for the record `parent`. `settled`: it need never be asked again.
    `modified` is the answer's Last-Modified, where it has one.
    """

    detail: str
    parent: int
    meaning: Meaning
    settled: bool
    rows: Sequence[R_co] = ()
    modified: datetime | None = None


@dataclass(frozen=True, slots=True)
class Collected(Generic[R_co]):
    """One reading of one list, without doubles.

    `moment` is the Last-Modified that the rows are of. `whole` is about the list: all its pages, of
    one moment. `missing` says in words what could not be read, of the list or of details; "" for
    nothing. Until `fresh_until` asking again would send nothing. `stopped` is the limit, or the
    sign-in that ended, for which the rest was not asked: the rows are kept, the exit code is its.
    """

    rows: Sequence[R_co]
    pages: int
    whole: bool
    missing: str
    moment: datetime | None
    expires: datetime | None
    fresh_until: datetime | None
    stopped: EveobsError | None = None
