"""A site without the companion plugin: documents are posts, known by a marker in their content."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from eveobs.errors import ConfigError, EveobsError, LimitError, SignInError, UnreachableError
from eveobs.publish.document import FIELDS, Key, digests
from eveobs.publish.rendering import slug
from eveobs.publish.target import (
    Outcome,
    Published,
    Result,
    State,
    UnknownOutcomeError,
    Write,
)
from eveobs.publish.targets.wordpress import wording
from eveobs.publish.targets.wordpress.blog import TRASH, Draft, Found, Made, Posts, lost
from eveobs.publish.targets.wordpress.faults import RefusedError, TooLargeError
from eveobs.publish.targets.wordpress.journal import Journal
from eveobs.publish.targets.wordpress.line import Line
from eveobs.publish.targets.wordpress.links import Links
from eveobs.publish.targets.wordpress.pictures import Pictures

STAMP = "stamp"


@dataclass(slots=True)
class PlainPosts:
    """A site without the plugin, as a `Target`. `plurals` are what many of a kind are called; `now`
    is the stamp that its posts have at present.
    """

    posts: Posts
    journal: Journal
    pictures: Pictures
    line: Line
    plurals: Mapping[str, str]
    warn: Callable[[str], None]
    now: str
    clock: Callable[[], float] = time.time
    at_once: bool = False
    _unsure: set[Key] = field(default_factory=set)
    _doubted: set[Key] = field(default_factory=set)
    _surplus: set[str] = field(default_factory=set)
    _categories: dict[str, str] = field(default_factory=dict)
    _changed: bool = False

    @property
    def name(self) -> str:
        """The address."""
        return self.line.home

    @property
    def batch(self) -> int:
        """As many as the API takes at once."""
        return self.posts.batch

    @property
    def links(self) -> Links:
        """Posts by slug."""
        return Links(self.line.home, self.pictures.version, plugin=False)

    def published(self, kinds: Collection[str]) -> dict[Key, Published]:
        """What is remembered, if the site has not changed since; else what it holds itself."""
        known = self._remembered()
        if known is None:
            known = self._read()
        return {key: one for key, one in known.items() if key.kind in kinds}

    def look_up(self, keys: Sequence[Key]) -> dict[Key, Published]:
        """What the site holds of `keys`, found by their markers.

        A post that was being written when PHP ended may lack custom fields and category, whatever
        its marker says: it is given without a hash, so that it is written again.
        """
        wanted = {key: slug(key) for key in keys}
        there = self._known(self.posts.named(wanted))
        found = {key: one for key, one in there.items() if key in wanted}
        self._doubted |= self._unsure & wanted.keys()
        for key in self._unsure & found.keys():
            if found[key].state is State.SHOWN:
                found[key] = Published(found[key].post_id)
        return found

    def write(self, writes: Sequence[Write]) -> list[Result]:
        """Create and edit posts; a slug that a person's post bears is refused."""
        self._changed = True
        keys = {one.document.key for one in writes}
        self.journal.begin(keys)
        self._unsure |= keys
        adopted, refused = self._met([one for one in writes if one.post_id is None])
        todo = [
            adopted.get(one.document.key, one) for one in writes if one.document.key not in refused
        ]
        results = refused | self._made([one for one in todo if one.post_id is None])
        results |= self._edited([one for one in todo if one.post_id is not None])
        self._remember(writes, results)
        self._unsure -= {key for key in keys if results[key].outcome is not Outcome.UNKNOWN}
        return [results[one.document.key] for one in writes]

    def remove(self, gone: Mapping[Key, str]) -> list[Result]:
        """Put posts into the trash."""
        self._changed = True
        self.journal.begin(gone)
        known = self.journal.known()
        answers = self.posts.trash(list(gone.values()))
        _raise_common(answers)
        results = []
        for (key, post_id), answer in zip(gone.items(), answers, strict=True):
            if isinstance(answer, EveobsError):
                results.append(Result(key, Outcome.REFUSED, post_id, answer))
                continue
            one = known.get(key, Published(post_id))
            trashed = Published(post_id, one.hash, State.TRASHED, one.digests)
            self.journal.end({key: trashed})
            results.append(Result(key, Outcome.DONE, post_id))
        return results

    def finish(self) -> None:
        """Put posts that are there twice into the trash; remember what the site looks like now."""
        if self._doubted:  # a request that was given up may have gone on, and ended only now
            self._known(self.posts.named({key: slug(key) for key in self._doubted}))
        if self._surplus:
            self.posts.trash(sorted(self._surplus))
            self.warn(f"{len(self._surplus)} posts that were there twice are now in the trash")
            self._surplus.clear()
            self._changed = True
        if self._changed:
            self.journal.note(STAMP, self.posts.stamp())
            self._changed = False
        for remark in self.posts.remarks():
            self.warn(remark)

    def close(self) -> None:
        """Let another publish to this site begin."""
        self.journal.close()
        self.pictures.close()
        self.line.close()

    def _remembered(self) -> dict[Key, Published] | None:
        """What is known without reading the site, None where that has to be done."""
        stamp = self.journal.fact(STAMP)
        under_way = self.journal.under_way()
        if stamp and not under_way:
            return self.journal.known() if self.now == stamp else None
        if not under_way:
            return None
        self._unsure |= set(under_way)
        found = self.look_up(under_way)  # an earlier run was cut short: only that is not known
        self.journal.end(found, [key for key in under_way if key not in found])
        return self.journal.known()

    def _read(self) -> dict[Key, Published]:
        found = self._known(self.posts.marked())
        self.journal.replace(found)
        self.journal.note(STAMP, self.now)
        return found

    def _known(self, posts: Iterable[Found]) -> dict[Key, Published]:
        """The documents among `posts`. Of two posts of one document, which a request left that was
        given up and went on all the same, the one that bears its slug counts.
        """
        trashed = self._trashed()
        best: dict[Key, tuple[Found, Published]] = {}
        for post in posts:
            known = _published(post, trashed)
            if known is None:
                continue
            key, one = known
            if key in best:
                self._surplus |= {p.post_id for p in (best[key][0], post) if _is_second(p, key)}
            if key not in best or _place(post, key) < _place(best[key][0], key):
                best[key] = (post, one)
        self._surplus -= {post.post_id for post, _ in best.values()}
        return {key: one for key, (_, one) in best.items()}

    def _trashed(self) -> dict[Key, Published]:
        """What eveobs itself put into the trash."""
        return self.journal.known(State.TRASHED)

    def _met(self, creates: Sequence[Write]) -> tuple[dict[Key, Write], dict[Key, Result]]:
        """Of what is to be created: what is there already, and what would meet a person's post."""
        by_slug = {one.document.slug: one for one in creates}
        adopted: dict[Key, Write] = {}
        refused: dict[Key, Result] = {}
        for post in self.posts.taken(list(by_slug)) if by_slug else ():
            one = by_slug.get(post.slug.removesuffix("__trashed"))
            if one is None:
                continue
            key = one.document.key
            marker = wording.marker(post.content)
            if post.foreign:
                refused[key] = _foreign(key, post, one.document.hash)
            elif marker is None or marker.key != key:
                if post.status != TRASH:
                    refused[key] = _taken(key, post)
            elif post.status == TRASH:
                refused[key] = _refused(key, f"post {post.post_id} lies in the trash", "in_trash")
            else:
                adopted[key] = Write(one.document, post.post_id, FIELDS)
        return adopted, refused

    def _made(self, writes: Sequence[Write]) -> dict[Key, Result]:
        """Create posts, and read back under which slugs."""
        results: dict[Key, Result] = {}
        for one, answer in self._sent(self.posts.create, writes):
            key = one.document.key
            if isinstance(answer, EveobsError):
                results[key] = _failed(key, answer)
            elif answer.slug != one.document.slug:
                results[key] = self._displaced(one, answer)
            else:
                results[key] = Result(key, Outcome.DONE, answer.post_id)
        return results

    def _displaced(self, one: Write, made: Made) -> Result:
        """A post that got another slug: its own is a person's, or that of the same document, which
        an earlier request has made in the meantime.
        """
        key = one.document.key
        self.posts.trash([made.post_id])
        for post in self.posts.named({key: one.document.slug}):
            marker = wording.marker(post.content)
            if post.slug == one.document.slug and marker is not None and marker.key == key:
                return Result(key, Outcome.UNKNOWN)
        return _taken(key, Found("", one.document.slug, "", ""))

    def _edited(self, writes: Sequence[Write]) -> dict[Key, Result]:
        results: dict[Key, Result] = {}
        for one, answer in self._sent(self.posts.edit, writes):
            key = one.document.key
            if not isinstance(answer, EveobsError):
                results[key] = Result(key, Outcome.DONE, answer.post_id)
            elif self.posts.is_missing(answer):
                results[key] = Result(key, Outcome.MISSING)
            else:
                results[key] = _failed(key, answer)
        return results

    def _sent(
        self, send: Callable[[Sequence[Draft]], list[Made | EveobsError]], writes: Sequence[Write]
    ) -> list[tuple[Write, Made | EveobsError]]:
        """`writes` with what became of each; a request that is too large is halved."""
        if not writes:
            return []
        drafts = [self._draft(one) for one in writes]
        try:
            answers = send(drafts)
        except TooLargeError as error:
            if len(writes) == 1:
                return [(writes[0], error)]
            half = len(writes) // 2
            return self._sent(send, writes[:half]) + self._sent(send, writes[half:])
        _raise_common(answers)
        kept = [_checked(draft, answer) for draft, answer in zip(drafts, answers, strict=True)]
        return list(zip(writes, kept, strict=True))

    def _draft(self, one: Write) -> Draft:
        """Content always goes along: the marker in it says which state the post is in."""
        document = one.document
        picture = self.pictures.of(document)
        new = one.post_id is None

        def wanted(field: str) -> bool:
            return new or field in one.fields

        now = datetime.fromtimestamp(self.clock(), UTC)
        return Draft(
            post_id=one.post_id or "",
            title=wording.title(document) if wanted("title") else None,
            content=wording.content(document, picture.html),
            excerpt=wording.excerpt(document) if wanted("excerpt") else None,
            date=wording.moment(document, now) if wanted("date") else None,
            slug=document.slug if new or one.restore else None,
            status="publish" if new or one.restore else None,
            meta=_meta(document.meta, document.image) if wanted("meta") else None,
            # Everything is written again where a post may lack something.
            category=self._category(document.kind) if new or one.fields == FIELDS else None,
            media_id=picture.media_id if wanted("image") and picture.media_id else None,
        )

    def _category(self, kind: str) -> str | None:
        if kind not in self._categories:
            name = f"EVE {self.plurals.get(kind, kind).lower()}"
            self._categories[kind] = found = self.posts.category(name, f"eve-{kind}")
            if not found:
                self.warn(
                    f"the user may not make the category {name!r}: new posts go to the site's "
                    "default category (Uncategorized), and to its front page. Make the category, "
                    f"with the slug eve-{kind}, or add the plugin (`eveobs publish plugin`)"
                )
        return self._categories[kind] or None

    def _remember(self, writes: Sequence[Write], results: Mapping[Key, Result]) -> None:
        done: dict[Key, Published] = {}
        for one in writes:
            result = results[one.document.key]
            if result.outcome is Outcome.DONE:
                done[result.key] = Published(
                    result.post_id, one.document.hash, digests=digests(one.document)
                )
        missing = [
            key
            for key, result in results.items()
            if key not in done and result.outcome is not Outcome.UNKNOWN
        ]
        self.journal.end(done, missing)


def _raise_common(answers: Sequence[Made | EveobsError]) -> None:
    """Raise what concerns all: in a batch a wrong password is told of each item by itself."""
    for answer in answers:
        if isinstance(answer, ConfigError | LimitError):
            raise answer
    for kind in (SignInError, UnreachableError):
        refused = [answer for answer in answers if isinstance(answer, kind)]
        if refused and len(refused) == len(answers):
            raise refused[0]


def _checked(draft: Draft, answer: Made | EveobsError) -> Made | EveobsError:
    """`answer`, or that the site did not keep all of `draft`."""
    if isinstance(answer, EveobsError) or (draft.slug and answer.slug != draft.slug):
        return answer
    what = lost(draft, answer)
    return UnknownOutcomeError(f"the site did not keep {what}") if what else answer


def _failed(key: Key, error: EveobsError) -> Result:
    """What an error says of one document: a refusal, or that nobody knows how far it came."""
    unknown = isinstance(error, UnreachableError)
    return Result(key, Outcome.UNKNOWN if unknown else Outcome.REFUSED, error=error)


def _published(post: Found, trashed: Mapping[Key, Published]) -> tuple[Key, Published] | None:
    """A post as a document. What lies in the trash without eveobs having put it there has no
    digests: a person did.
    """
    marker = wording.marker(post.content)
    if marker is None:
        return None
    if post.status != TRASH:
        known = wording.unpack(marker.digests)
        return marker.key, Published(post.post_id, marker.hash, digests=known)
    ours = trashed.get(marker.key)
    if ours is not None and ours.post_id == post.post_id:
        return marker.key, ours
    return marker.key, Published(post.post_id, "", State.TRASHED)


def _place(post: Found, key: Key) -> tuple[bool, bool, int]:
    """Which of the posts of one document counts: the smallest."""
    return post.status == TRASH, post.slug != slug(key), int(post.post_id)


def _is_second(post: Found, key: Key) -> bool:
    """Whether WordPress had to give a post another slug, as it came again; a copy that a person
    made is theirs.
    """
    return post.status == "publish" and re.fullmatch(rf"{slug(key)}-\d+", post.slug) is not None


def _meta(meta: Mapping[str, str], image: str) -> dict[str, str]:
    return {f"eve_{name}": text for name, text in {**meta, "image": image}.items()}


def _taken(key: Key, post: Found) -> Result:
    whose = f"post {post.post_id}" if post.post_id else "another post"
    return _refused(key, f"{whose} of the site bears the slug {post.slug}", "slug_taken")


def _foreign(key: Key, post: Found, digest: str) -> Result:
    """What becomes of a document that stands on the site under another author: nothing is created
    where its slug answers.
    """
    marker = wording.marker(post.content)
    if marker is not None and marker.key == key and marker.hash == digest and post.post_id:
        return Result(key, Outcome.DONE, post.post_id)
    if marker is None or marker.key != key:
        return _taken(key, post)
    words = f"post {post.post_id} belongs to another author: the user may not edit it"
    return _refused(key, words.replace("post  ", "its post "), "not_allowed")


def _refused(key: Key, words: str, code: str) -> Result:
    return Result(key, Outcome.REFUSED, error=RefusedError(words, code=code))
