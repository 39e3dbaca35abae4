"""The posts of a site over XML-RPC."""

from __future__ import annotations

import xmlrpc.client
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from eveobs.errors import ConfigError, EveobsError, SignInError, UnreachableError
from eveobs.publish.document import Key
from eveobs.publish.targets.wordpress import faults
from eveobs.publish.targets.wordpress.blog import Draft, Found, Made
from eveobs.publish.targets.wordpress.faults import RefusedError
from eveobs.publish.targets.wordpress.pictures import Held
from eveobs.publish.targets.wordpress.responses import (
    MAX_DOCUMENTS,
    Id,
    Roles,
    XmlChange,
    XmlField,
    XmlFields,
    XmlMedia,
    XmlName,
    XmlPicture,
    XmlPost,
    XmlStatus,
    XmlTerm,
    XmlWritten,
    shaped,
)
from eveobs.publish.targets.wordpress.rest import Rest
from eveobs.publish.targets.wordpress.xmlrpc import (
    BATCH,
    DeletePost,
    EditPost,
    GetPost,
    GetPosts,
    GetProfile,
    GetTerms,
    NewPost,
    NewTerm,
    UploadFile,
    WordPressTerm,
    XmlRpc,
    XmlrpcMethod,
)

P = TypeVar("P", XmlPost, XmlName)
PAGE = 200
"""Posts in one answer, with their content."""
SHOWN = 100
"""Names in one question of REST."""
NAMES = 1000
"""Posts in one answer of which only the name is wanted."""
STATUSES = "publish,future,draft,pending,private"
_FOUND = ["post_id", "post_name", "post_status", "post_content"]
_NAMED = ["post_id", "post_name", "post_status"]
_WRITTEN = ["post_id", "post_name", "custom_fields", "terms"]


class XmlRpcPosts:
    """See `Posts`."""

    batch = BATCH

    def __init__(self, caller: XmlRpc) -> None:
        self._caller = caller
        self._names: dict[str, str] | None = None
        self._all_seen: bool | None = None

    def stamp(self) -> str:
        """Which post was changed last, and how many each category holds."""
        last, terms = self._caller.many(
            [_posts({"s": "eveobs:", "orderby": "modified", "number": 1}, _STAMP),
             GetTerms("category", {"search": "EVE"})], Any
        )  # fmt: skip
        if isinstance(last, EveobsError):
            raise last
        site, way = self._caller.site, self._caller.way
        changed = shaped(last, list[XmlChange], site, way)
        some = [] if isinstance(terms, EveobsError) else shaped(terms, list[XmlTerm], site, way)
        counts = [f"{one.term_id}:{one.count}" for one in some]
        dates = [f"{one.post_id} {str(one.post_modified_gmt)[:40]}" for one in changed]
        return " ".join([*dates, *sorted(counts)])

    def marked(self) -> Iterator[Found]:
        """Searched for by the word that every marker begins with, page by page."""
        yield from map(_found, self._all({"s": "eveobs:"}, _FOUND, PAGE, list[XmlPost]))

    def named(self, keys: Mapping[Key, str]) -> list[Found]:
        """By the words of their markers: XML-RPC knows no other way to find single posts."""
        found: list[Found] = []
        self._names = None
        wanted = [f"eveobs:{key}" for key in keys]
        for start in range(0, len(wanted), BATCH):
            calls = [
                _posts({"s": text, "number": 10, "post_status": f"{STATUSES},trash"}, _FOUND)
                for text in wanted[start : start + BATCH]
            ]
            for some in self._caller.many(calls, list[XmlPost]):
                if isinstance(some, EveobsError):
                    raise some
                found += map(_found, some)
        return found

    def taken(self, slugs: Sequence[str]) -> list[Found]:
        """From a list of all names, read once: there is no way to ask for a name."""
        if self._names is None:
            rows = self._all({}, _NAMED, NAMES, list[XmlName])
            self._names = {
                one.post_name.removesuffix("__trashed"): str(one.post_id) for one in rows
            }
        wanted = [self._names[one] for one in slugs if one in self._names]
        found = []
        for start in range(0, len(wanted), BATCH):
            calls = [GetPost(one, _FOUND) for one in wanted[start : start + BATCH]]
            some = self._caller.many(calls, XmlPost)
            found += [_found(one) for one in some if not isinstance(one, EveobsError)]
        if not self._sees_all():
            mine = {one.slug for one in found} | self._names.keys()
            found += self._shown([one for one in slugs if one not in mine])
        return found

    def _sees_all(self) -> bool:
        """Whether the user may edit what others wrote."""
        if self._all_seen is None:
            roles = self._caller.call(GetProfile(), Roles).role_names
            self._all_seen = bool({"administrator", "editor"} & {*roles})
        return self._all_seen

    def _shown(self, slugs: Sequence[str]) -> list[Found]:
        """Posts that readers are shown under `slugs`: XML-RPC gives an author only their own.

        Looked up over REST; where that is shut, page by page.
        """
        found: list[Found] = []
        for start in range(0, len(slugs), SHOWN):
            some = slugs[start : start + SHOWN]
            try:
                posts = Rest(self._caller.line).shown(some)
            except (ConfigError, SignInError, UnreachableError, RefusedError):
                found += [one for slug in some if (one := self._page(slug)) is not None]
                continue
            found += [
                Found(str(one.id), one.slug, "publish", one.content.rendered, foreign=True)
                for one in posts
            ]
        return found

    def _page(self, slug: str) -> Found | None:
        try:
            answer = self._caller.line.send("GET", f"{self._caller.site}?name={slug}", {})
        except ConfigError:  # sent on to the address that the site gives it
            return Found("", slug, "publish", "", foreign=True)
        if answer.status == 404:
            return None
        return Found("", slug, "publish", answer.body.decode("utf-8", "replace"), foreign=True)

    def create(self, drafts: Sequence[Draft]) -> list[Made | EveobsError]:
        """Made in one call, then their names are read back in another."""
        answers = self._caller.many([NewPost(_struct(one, ())) for one in drafts], Id)
        made = [str(one) for one in answers if not isinstance(one, EveobsError)]
        read = self._read_back(made, "ID")
        return [
            one if isinstance(one, EveobsError) else read.get(str(one), Made(str(one), ""))
            for one in answers
        ]

    def edit(self, drafts: Sequence[Draft]) -> list[Made | EveobsError]:
        """Custom fields are changed by their ids, which are asked for first."""
        fields = self._fields([one.post_id for one in drafts if one.meta is not None])
        calls = [EditPost(one.post_id, _struct(one, fields.get(one.post_id, ()))) for one in drafts]
        answers = self._caller.many(calls, bool)
        pairs = list(zip(drafts, answers, strict=True))
        done = [one.post_id for one, answer in pairs if not isinstance(answer, EveobsError)]
        read = self._read_back(done, "modified")
        return [
            answer
            if isinstance(answer, EveobsError)
            else read.get(one.post_id, Made(one.post_id, ""))
            for one, answer in pairs
        ]

    def trash(self, post_ids: Sequence[str]) -> list[Made | EveobsError]:
        """Posts go to the trash; what is there already would be deleted for good, and is left."""
        results: dict[str, Made | EveobsError] = {}
        for start in range(0, len(post_ids), BATCH):
            some = post_ids[start : start + BATCH]
            states = self._caller.many([GetPost(one, ["post_status"]) for one in some], XmlStatus)
            shown = []
            for post_id, state in zip(some, states, strict=True):
                if isinstance(state, EveobsError) and not self.is_missing(state):
                    results[post_id] = state
                elif isinstance(state, EveobsError) or state.post_status == "trash":
                    results[post_id] = Made(post_id, "")
                else:
                    shown.append(post_id)
            calls = [DeletePost(one) for one in shown]
            answers = self._caller.many(calls, bool) if calls else []
            for post_id, answer in zip(shown, answers, strict=True):
                results[post_id] = answer if isinstance(answer, EveobsError) else Made(post_id, "")
        return [results[one] for one in post_ids]

    def category(self, name: str, slug: str) -> str:
        """Looked up by name, made if it is not there."""
        for one in self._caller.call(GetTerms("category", {"search": name}), list[XmlTerm]):
            if one.slug == slug:
                return str(one.term_id)
        term = WordPressTerm()
        term.taxonomy, term.name, term.slug = "category", name, slug
        try:
            return str(self._caller.call(NewTerm(term), Id))
        except (SignInError, RefusedError):
            return ""

    def is_missing(self, error: EveobsError) -> bool:
        """WordPress's fault 404: invalid post id."""
        return isinstance(error, RefusedError) and error.status == 404

    def remarks(self) -> list[str]:
        """Nothing is lost on this way."""
        return []

    def _all(
        self, filter_: Mapping[str, Any], fields: Sequence[str], size: int, shape: type[list[P]]
    ) -> Iterator[P]:
        last = -1
        for offset in range(0, MAX_DOCUMENTS, size):
            wanted = {
                **filter_, "post_status": f"{STATUSES},trash", "number": size, "offset": offset,
                "orderby": "ID", "order": "ASC",
            }  # fmt: skip
            some = self._caller.call(_posts(wanted, fields), shape)
            if some and some[0].post_id <= last:  # in the order of their numbers
                raise self._broken("pages that do not advance")
            yield from some
            if len(some) < size:
                return
            last = some[-1].post_id
        raise self._broken("a list without an end")

    def _broken(self, what: str) -> EveobsError:
        return faults.broken(self._caller.site, self._caller.way, what)

    def _read_back(self, post_ids: Sequence[str], order: str) -> dict[str, Made]:
        """What was just written, as the site holds it: the newest by `order`, in one request; what
        is not among them, because others write too, one by one.
        """
        if not post_ids:
            return {}
        wanted = {"orderby": order, "order": "DESC", "number": len(post_ids) + 10}
        query = _posts({**wanted, "post_status": STATUSES}, _WRITTEN)
        found = {str(one.post_id): one for one in self._caller.call(query, list[XmlWritten])}
        rest = [one for one in post_ids if one not in found]
        if rest:
            for one in self._caller.many(
                [GetPost(post_id, _WRITTEN) for post_id in rest], XmlWritten
            ):
                if isinstance(one, EveobsError):
                    raise one if isinstance(one, UnreachableError) else self._broken(one.message)
                found[str(one.post_id)] = one
        return {post_id: _made(found[post_id]) for post_id in post_ids if post_id in found}

    def _fields(self, post_ids: Sequence[str]) -> dict[str, Sequence[XmlField]]:
        """The custom fields of posts, with the ids of the fields."""
        if not post_ids:
            return {}
        calls = [GetPost(one, ["custom_fields"]) for one in post_ids]
        answers = self._caller.many(calls, XmlFields)
        found: dict[str, Sequence[XmlField]] = {}
        for post_id, answer in zip(post_ids, answers, strict=True):
            if isinstance(answer, UnreachableError):
                raise answer  # without them, fields would be added where they are to be changed
            if not isinstance(answer, EveobsError):
                found[post_id] = answer.custom_fields
        return found


_STAMP = ["post_id", "post_modified_gmt"]


def _posts(filter_: Mapping[str, Any], fields: Sequence[str]) -> XmlrpcMethod:
    return GetPosts({"post_type": "post", **filter_}, list(fields))


def _found(one: XmlPost) -> Found:
    return Found(str(one.post_id), one.post_name, one.post_status, one.post_content)


def _made(one: XmlWritten) -> Made:
    meta: dict[str, list[str]] = {}
    for field in one.custom_fields:
        meta.setdefault(field.key, []).append(str(field.value))
    groups = frozenset(str(term.term_id) for term in one.terms if term.taxonomy == "category")
    return Made(str(one.post_id), one.post_name, meta, groups)


def _struct(draft: Draft, fields: Sequence[XmlField]) -> dict[str, Any]:
    """A partial struct: what a whole one leaves out would be set to nothing."""
    given: dict[str, Any] = {
        "post_title": draft.title,
        "post_content": draft.content,
        "post_excerpt": draft.excerpt,
        "post_name": draft.slug,
        "post_status": draft.status,
        "post_date_gmt": _date(draft),
        "custom_fields": _custom(draft.meta, fields) if draft.meta is not None else None,
        "terms": {"category": [int(draft.category)]} if draft.category else None,
        "post_thumbnail": int(draft.media_id) if draft.media_id else None,
    }
    closed = {"comment_status": "closed", "ping_status": "closed"}  # a document is no talk
    new = {} if draft.post_id else {"post_type": "post", **closed}
    return new | {name: value for name, value in given.items() if value is not None}


def _date(draft: Draft) -> xmlrpc.client.DateTime | None:
    """Without a zone: WordPress ignores one, and takes what it is given for UTC."""
    return xmlrpc.client.DateTime(draft.date.replace(tzinfo=None)) if draft.date else None


def _custom(meta: Mapping[str, str], there: Sequence[XmlField]) -> list[dict[str, str]]:
    """Custom fields by id where they are there: without, another of that name would be added."""
    wanted = dict(meta)
    changes: list[dict[str, str]] = []
    for one in there:
        key, number = one.key, str(one.id)
        if key not in meta:
            continue
        text = wanted.pop(key, None)
        changes.append({"id": number, "key": key, "value": text} if text else {"id": number})
    return changes + [{"key": key, "value": text} for key, text in wanted.items() if text]


class XmlRpcMedia:
    """The pictures of a site over XML-RPC; see `Media`."""

    def __init__(self, caller: XmlRpc) -> None:
        self._caller = caller

    def held(self, name: str) -> Held | None:
        """Searched for: there is no way to ask for a name."""
        wanted = {"post_type": "attachment", "post_status": "inherit", "s": name, "number": 1}
        query = GetPosts(wanted, ["post_id", "guid"])
        for one in self._caller.call(query, list[XmlPicture]):
            return Held(str(one.post_id), one.guid)
        return None

    def take(self, name: str, kind: str, content: bytes) -> Held:
        """Upload it."""
        bits = xmlrpc.client.Binary(content)
        method = UploadFile({"name": name, "type": kind, "bits": bits})
        made = self._caller.call(method, XmlMedia)
        return Held(str(made.id), made.url)
