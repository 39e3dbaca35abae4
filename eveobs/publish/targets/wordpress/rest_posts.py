"""The posts of a site over REST."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from eveobs.errors import EveobsError, SignInError
from eveobs.publish.document import Key
from eveobs.publish.targets.wordpress import faults
from eveobs.publish.targets.wordpress.blog import Draft, Found, Made
from eveobs.publish.targets.wordpress.faults import RefusedError
from eveobs.publish.targets.wordpress.responses import (
    MAX_PAGES,
    ChangedPost,
    FoundPost,
    Numbered,
    Roles,
    WrittenPost,
)
from eveobs.publish.targets.wordpress.rest import BATCH, Reply, Rest, is_missing

T = TypeVar("T")
POSTS = "/wp/v2/posts"
STATUSES = "publish,future,draft,pending,private"
PAGE = 100
"""Posts in one answer: WordPress gives no more."""
_FOUND = "id,slug,status,content.raw"
_MADE = "id,slug,status,meta,categories"
_NOT_FOR_ALL = {"rest_invalid_param", "rest_forbidden_status", "rest_forbidden_context"}
NO_META = (
    "the site keeps no custom fields of posts over REST: with the plugin (`eveobs publish plugin`) "
    "it does"
)


class RestPosts:
    """See `Posts`."""

    batch = BATCH

    def __init__(self, rest: Rest) -> None:
        self._rest = rest
        self._lost_meta = False
        self._all: bool | None = None

    def stamp(self) -> str:
        """Number of posts, and which was changed last."""
        answer = self._read(
            list[ChangedPost], search="eveobs:", status=STATUSES,
            orderby="modified", per_page=1,
            _fields="id,modified_gmt",
        )  # fmt: skip
        last = [f"{one.id} {one.modified_gmt}" for one in answer.body]
        return " ".join([answer.headers.get("x-wp-total", ""), *last])

    def marked(self) -> Iterator[Found]:
        """Searched for by the word that every marker begins with, page by page."""
        last = -1
        for page in range(1, MAX_PAGES + 1):
            answer = self._read(
                list[FoundPost], search="eveobs:", status=f"{STATUSES},trash",
                orderby="id", order="asc",
                per_page=PAGE, page=page, _fields=_FOUND,
            )  # fmt: skip
            if answer.body and answer.body[0].id <= last:  # in the order of their numbers
                raise faults.broken(self._rest.site, self._rest.way, "pages that do not advance")
            yield from map(_found, answer.body)
            total = answer.headers.get("x-wp-totalpages", "")
            if not answer.body or page >= (int(total) if re.fullmatch("[0-9]{1,9}", total) else 1):
                return
            last = answer.body[-1].id
        raise faults.broken(self._rest.site, self._rest.way, "a list without an end")

    def named(self, keys: Mapping[Key, str]) -> list[Found]:
        """By slug; what is there twice bears the second time one that ends in -2."""
        return self._by_slug(list(keys.values()), ("", "-2", "__trashed"))

    def taken(self, slugs: Sequence[str]) -> list[Found]:
        """By slug, as it is and as it is in the trash. WordPress gives an author only their own."""
        found = self._by_slug(slugs, ("", "__trashed"))
        if self._sees_all():
            return found
        known = {one.post_id for one in found}
        for start in range(0, len(slugs), PAGE):
            for post in self._rest.shown(slugs[start : start + PAGE]):
                if str(post.id) not in known:
                    found.append(
                        Found(
                            str(post.id), post.slug, "publish", post.content.rendered, foreign=True
                        )
                    )
        return found

    def _sees_all(self) -> bool:
        """Whether the user may edit what others wrote."""
        if self._all is None:
            user = self._rest.get("/wp/v2/users/me", Roles, context="edit").body
            rights = user.capabilities
            self._all = isinstance(rights, dict) and bool(rights.get("edit_others_posts"))
        return self._all

    def _by_slug(self, slugs: Sequence[str], endings: Sequence[str]) -> list[Found]:
        found: list[Found] = []
        share = PAGE // len(endings)
        for start in range(0, len(slugs), share):
            some = slugs[start : start + share]
            wanted = ",".join(one + ending for one in some for ending in endings)
            answer = self._read(
                list[FoundPost],
                slug=wanted,
                status=f"{STATUSES},trash",
                per_page=PAGE,
                _fields=_FOUND,
            )
            found += map(_found, answer.body)
        return found

    def create(self, drafts: Sequence[Draft]) -> list[Made | EveobsError]:
        """A batch of creations."""
        path = f"{POSTS}?_fields={_MADE}"
        return self._sent([("POST", path, _body(one)) for one in drafts], drafts)

    def edit(self, drafts: Sequence[Draft]) -> list[Made | EveobsError]:
        """A batch of updates."""
        some = [("POST", f"{POSTS}/{one.post_id}?_fields={_MADE}", _body(one)) for one in drafts]
        return self._sent(some, drafts)

    def trash(self, post_ids: Sequence[str]) -> list[Made | EveobsError]:
        """A batch of removals; never for good."""
        results: list[Made | EveobsError] = []
        for start in range(0, len(post_ids), BATCH):
            some = post_ids[start : start + BATCH]
            answers = self._rest.batch([("DELETE", f"{POSTS}/{one}", None) for one in some])
            results += [_trashed(one, answer) for one, answer in zip(some, answers, strict=True)]
        return results

    def category(self, name: str, slug: str) -> str:
        """Looked up by slug, made if it is not there."""
        path = "/wp/v2/categories"
        found = self._rest.get(path, list[Numbered], slug=slug, _fields="id").body
        if found:
            return str(found[0].id)
        try:
            return str(self._rest.post(path, {"name": name, "slug": slug}, Numbered).id)
        except (SignInError, RefusedError):
            return ""

    def is_missing(self, error: EveobsError) -> bool:
        """Whether there is no such post."""
        return is_missing(error)

    def remarks(self) -> list[str]:
        """Whether custom fields were lost."""
        return [NO_META] if self._lost_meta else []

    def _read(self, shape: type[T], **query: str | int) -> Reply[T]:
        """Posts. A site answers readers it does not know, so that a wrong password shows only in
        what it then refuses to tell.
        """
        try:
            return self._rest.get(POSTS, shape, context="edit", **query)
        except RefusedError as error:
            if error.code not in _NOT_FOR_ALL:
                raise
            path = "/wp/v2/users/me"
            user = self._rest.get(path, Roles, context="edit", _fields="name,roles").body
            roles = ", ".join(user.role_names or ["no role"])
            raise faults.low_role(self._rest.site, f"{user.name} is {roles}") from error

    def _sent(
        self, requests: Sequence[tuple[str, str, Any]], drafts: Sequence[Draft]
    ) -> list[Made | EveobsError]:
        answers = self._rest.batch(requests)
        return [self._made(draft, one) for draft, one in zip(drafts, answers, strict=True)]

    def _made(self, draft: Draft, answer: Any) -> Made | EveobsError:
        if isinstance(answer, EveobsError):
            return answer
        made = self._rest.shaped(answer, WrittenPost)
        kept = made.meta if isinstance(made.meta, dict) else {}
        self._lost_meta |= any(name not in kept for name in draft.meta or ())
        groups = None if made.categories is None else frozenset(map(str, made.categories))
        return Made(str(made.id), made.slug, categories=groups)


def _body(draft: Draft) -> dict[str, Any]:
    given = {
        "title": draft.title,
        "content": draft.content,
        "excerpt": draft.excerpt,
        "date_gmt": f"{draft.date:%Y-%m-%dT%H:%M:%S}" if draft.date else None,
        "slug": draft.slug,
        "status": draft.status,
        "meta": draft.meta,
        "categories": [int(draft.category)] if draft.category else None,
        # A document is no talk: an author's posts would be open to comments and pings.
        "comment_status": "" if draft.post_id else "closed",
        "ping_status": "" if draft.post_id else "closed",
        "featured_media": int(draft.media_id) if draft.media_id else None,
    }
    closed = ("comment_status", "ping_status")
    return {
        name: value
        for name, value in given.items()
        if value is not None and (value or name not in closed)
    }


def _found(one: FoundPost) -> Found:
    return Found(str(one.id), one.slug, one.status, one.content.raw)


def _trashed(post_id: str, answer: Any) -> Made | EveobsError:
    if isinstance(answer, EveobsError):
        done = is_missing(answer) or getattr(answer, "code", "") == "rest_already_trashed"
        return Made(post_id, "") if done else answer
    return Made(post_id, "")
