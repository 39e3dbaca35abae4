"""What kinds of fault are made of: a change of the answer, or another way to deliver it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple, Protocol

from eveobs.sandbox.answers import Answer, Call
from eveobs.sandbox.calendar import Calendar
from eveobs.sandbox.faults.aim import Aim, Target
from eveobs.sandbox.limits import ErrorLimit
from eveobs.sandbox.messages import Reply

Options = Mapping[str, float]


class Strike(NamedTuple):
    """A fault that hits a request. `number` counts its hits from 1.

    For a fault that lasts, `since` and `until` are those of the hit that began it, and `begins`
    tells whether this is that one.
    """

    kind: Kind
    options: Options
    calendar: Calendar
    number: int
    since: float
    until: float
    begins: bool = True


class Scene(NamedTuple):
    """What a change has to look at: the request and its `headers`, and who would answer it."""

    strike: Strike
    call: Call
    headers: Mapping[str, str]
    ask: Callable[[Call], Answer]
    errors: ErrorLimit

    @property
    def options(self) -> Options:
        """Those of the fault."""
        return self.strike.options

    def honest(self) -> Answer:
        """What would be answered without the fault."""
        return self.ask(self.call)


class Line(Protocol):
    """The connection that a reply goes out on."""

    async def write(self, data: bytes) -> None:
        """Sends bytes as they are. Raises ConnectionError when nobody listens any more."""

    async def wait(self, seconds: float) -> None:
        """Lets time pass. Raises ConnectionError as soon as the client has gone."""

    def reset(self) -> None:
        """Cuts the connection so that the client sees a reset."""

    def refuse(self, seconds: float) -> None:
        """Cuts all connections, and takes no new one for so long."""


Change = Callable[[Scene], Answer]
"""May raise RefusedError."""
Delivery = Callable[[Line, Reply, Options], Awaitable[None]]
"""The connection is closed afterwards. A silent one gets a reply of status 0 without a body."""


class Span(NamedTuple):
    """How long a hit lasts: until the `end`, all requests with the same `key` are hit too, without
    counting as another time. `first_page`: only a request for page 1 begins it.
    """

    key: Callable[[Target], str]
    end: Callable[[float, Options, Calendar], float]
    first_page: bool = False


class Kind(NamedTuple):
    """A kind of fault. `options` has their defaults, `aim` the requests it is meant for unless the
    fault says otherwise. A `silent` one never answers, so nothing is asked of ESI's routes.
    """

    name: str
    help: str
    change: Change | None = None
    delivery: Delivery | None = None
    silent: bool = False
    options: Options = MappingProxyType({})
    aim: Aim = Aim()
    span: Span | None = None
