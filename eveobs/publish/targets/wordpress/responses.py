"""What a site may answer, field by field. Everything that a site sends is decoded into one of these
types, and refused where it is none: a site is not trusted, nor is what stands before it.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from eveobs.publish.target import State
from eveobs.publish.targets.wordpress import faults

T = TypeVar("T")
Id = Annotated[int, Meta(ge=0, le=2**63 - 1)]
"""The number of a post, term or picture; XML-RPC writes it as text."""
Url = Annotated[str, Meta(pattern=r"^https?://[^\s\"'<>]+$", max_length=2000)]
"""An address that pages may link to."""
MAX_PAGES = 10_000
"""Pages of a list that are read at most, of whichever size."""
MAX_DOCUMENTS = 1_000_000
"""Documents that a site may say it holds: an index without an end fills no memory."""


class Text(Struct, frozen=True):
    """A text of a post as it was written."""

    raw: str


class FoundPost(Struct, frozen=True):
    """A post of REST with what its marker is read from."""

    id: Id
    slug: str
    status: str
    content: Text


class Rendered(Struct, frozen=True):
    """A text of a post as readers are shown it."""

    rendered: str


class ShownPost(Struct, frozen=True):
    """A post of REST as everybody sees it."""

    id: Id
    slug: str
    content: Rendered


class ChangedPost(Struct, frozen=True):
    """When a post of REST was changed."""

    id: Id
    modified_gmt: str


class WrittenPost(Struct, frozen=True):
    """A post of REST as it is after it was written. PHP writes an empty object as a list."""

    id: Id
    slug: str
    meta: dict[str, Any] | list[Any] = msgspec.field(default_factory=list)
    categories: list[Id] | None = None


class Numbered(Struct, frozen=True):
    """A thing of REST of which only the number is wanted."""

    id: Id


class Media(Struct, frozen=True):
    """A picture of REST."""

    id: Id
    source_url: Url


class Roles(Struct, frozen=True):
    """A user with roles. PHP writes a list with a gap as an object."""

    roles: list[str] | dict[str, str] = msgspec.field(default_factory=list)
    name: str = ""
    username: str = ""
    login: str = ""
    capabilities: dict[str, Any] | list[Any] | None = None

    @property
    def role_names(self) -> list[str]:
        """The names of the roles."""
        return list(self.roles.values()) if isinstance(self.roles, dict) else self.roles


class BatchItem(Struct, frozen=True):
    """The answer to one request of a batch."""

    status: Annotated[int, Meta(ge=100, le=999)]
    body: Any = None


class Batch(Struct, frozen=True):
    """The answers to a batch, in order."""

    responses: list[BatchItem]


class Rights(Struct, frozen=True):
    """What the user may do, by the plugin."""

    publish: bool
    edit_others: bool = False
    upload: bool = False


class About(Struct, frozen=True):
    """What the plugin says of the site."""

    plugin: str
    protocol: int
    declaration: str
    kinds: list[str]
    home: Url
    user: Roles
    may: Rights
    batch: Annotated[int, Meta(ge=1, le=100_000)]
    post_max: Annotated[int, Meta(ge=0, le=2**62)]
    permalinks: str = ""
    lacks: list[str] = msgspec.field(default_factory=list)
    atomic: bool = True


class Row(Struct, frozen=True, array_like=True):
    """A document in the index of the plugin."""

    kind: Annotated[str, Meta(pattern=r"^[a-z]{1,16}$")]
    external_id: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
    post_id: Annotated[str, Meta(pattern=r"^[0-9]{1,20}$")]
    hash: Annotated[str, Meta(pattern=r"^([0-9a-f]{32})?$")]
    digests: Annotated[str, Meta(max_length=128)]
    state: State


class Index(Struct, frozen=True):
    """A page of the index; `next` is where the next one begins."""

    rows: list[Row]
    next: Annotated[str, Meta(max_length=100)] | None


class Rows(Struct, frozen=True):
    """Documents that were looked up."""

    rows: list[Row]


class Refusal(Struct, frozen=True):
    """Why the plugin did not write one document."""

    code: str = ""
    message: str = "refused"


class WriteResult(Struct, frozen=True):
    """What the plugin did with one document."""

    outcome: Literal["created", "updated", "unchanged", "refused", "missing"]
    post_id: Annotated[str, Meta(pattern=r"^[0-9]{0,20}$")] = ""
    error: Refusal = Refusal()


class WriteResults(Struct, frozen=True):
    """What the plugin did with each document, in order."""

    results: list[WriteResult]


class Comparison(Struct, frozen=True):
    """How a document differs from what the site holds, by the plugin."""

    outcome: Literal["ok", "differs", "missing", "trashed"]
    post_id: Annotated[str, Meta(pattern=r"^[0-9]{0,20}$")] = ""
    fields: list[Annotated[str, Meta(max_length=20)]] = msgspec.field(default_factory=list)
    edited: list[Annotated[str, Meta(max_length=20)]] = msgspec.field(default_factory=list)


class Comparisons(Struct, frozen=True):
    """How each document differs, in order."""

    results: list[Comparison]


class XmlPost(Struct, frozen=True):
    """A post of XML-RPC with what its marker is read from."""

    post_id: Id
    post_name: str
    post_status: str
    post_content: str


class XmlName(Struct, frozen=True):
    """A post of XML-RPC by its name."""

    post_id: Id
    post_name: str


class XmlStatus(Struct, frozen=True):
    """Where a post of XML-RPC is."""

    post_status: str


class XmlChange(Struct, frozen=True):
    """When a post of XML-RPC was changed."""

    post_id: Id
    post_modified_gmt: Any


class XmlField(Struct, frozen=True):
    """A custom field, with the number that changes it."""

    id: Id
    key: str
    value: Any = ""


class XmlTermOf(Struct, frozen=True):
    """A term of a post."""

    term_id: Id
    taxonomy: str


class XmlFields(Struct, frozen=True):
    """A post of XML-RPC with its custom fields."""

    custom_fields: list[XmlField]


class XmlWritten(Struct, frozen=True):
    """A post of XML-RPC as it is after it was written."""

    post_id: Id
    post_name: str
    custom_fields: list[XmlField]
    terms: list[XmlTermOf]


class XmlTerm(Struct, frozen=True):
    """A category."""

    term_id: Id
    slug: str
    count: Id = 0


class XmlMedia(Struct, frozen=True):
    """A picture that was just taken."""

    id: Id
    url: Url


class XmlPicture(Struct, frozen=True):
    """A picture that the site holds."""

    post_id: Id
    guid: Url


class XmlFault(Struct, frozen=True):
    """A fault of one call of several."""

    faultCode: int  # noqa: N815 - XML-RPC's names
    faultString: str  # noqa: N815


def decode(body: bytes | str) -> Any:
    """`body` as JSON. Raises ValueError for everything that is none, nested without end too."""
    try:
        return msgspec.json.decode(body)
    except RecursionError:
        raise ValueError("nested too deep") from None


def shaped(value: Any, shape: type[T], site: str, way: str) -> T:
    """`value` as a `shape`. Raises UnknownOutcomeError where the site sent something else."""
    try:
        return msgspec.convert(value, shape, strict=False)
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise faults.broken(site, way, str(error) or type(error).__name__) from error


def same_number(items: list[T], number: int, site: str, way: str) -> list[T]:
    """`items`, of which there must be `number`: one for each that was sent."""
    if len(items) != number:
        raise faults.broken(site, way, f"{len(items)} results for {number}")
    return items
