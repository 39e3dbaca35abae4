"""What an answer means that is not the one that was asked for. Pure: no request is sent here."""

from __future__ import annotations

import re
import time
from typing import NoReturn

from eveobs.errors import (
    ConfigError,
    EveobsError,
    LimitError,
    SignInError,
    UnreachableError,
)
from eveobs.publish.target import UnknownOutcomeError
from eveobs.publish.targets.wordpress.line import Answer

ADVICE_TO_SIGN_IN = (
    "Make an application password in the site's profile page (Users, Profile), and give it as "
    "EVEOBS_WORDPRESS__APP_PASSWORD or in a file."
)
ADVICE_ON_ROLES = "Give the user the role Author or higher."
MAX_PAUSE = 3600
"""Seconds that a site may ask to be left alone for: an hour, whatever its header says."""
LOG_HINT = "The site's error log knows more. Publish again: what was written stays written."


class TooLargeError(EveobsError):
    """The site takes no request of that size. Nothing of it was carried out."""


class RefusedError(EveobsError):
    """The site said no to one thing, in its own words; nothing of it was carried out."""

    def __init__(self, message: str, *, code: str, status: int = 0) -> None:
        super().__init__(message)
        self.code, self.status = code, status


def wrong_password(site: str) -> SignInError:
    """The site knows no such user, or not with this password."""
    return SignInError(f"{site} refuses the user name or password", hint=ADVICE_TO_SIGN_IN)


def low_role(site: str, words: str) -> SignInError:
    """The user may not do that."""
    return SignInError(f"{site}: the user may not publish: {words}", hint=ADVICE_ON_ROLES)


def disabled(site: str, way: str, other: str) -> ConfigError:
    """The site has shut this way."""
    return ConfigError(
        f"{site} has {way} switched off",
        hint=f"Set wordpress.transport to {other}, or to auto; `eveobs publish check` tells more.",
    )


def refuse(site: str, answer: Answer, way: str) -> NoReturn:
    """Raise what `answer`, which is not of `way` (REST or XML-RPC), means."""
    if answer.status == 413:
        raise TooLargeError(
            f"{site} takes no request of that size",
            hint="Raise post_max_size of PHP, or client_max_body_size of the web server.",
        )
    if answer.status == 429:
        later = time.time() + (_pause(answer) or 60)
        raise LimitError(f"{site} takes no more requests", retry_at=later)
    if answer.status in (403, 406):
        raise UnreachableError(
            f"{site}: a firewall or security plugin refuses {way} ({answer.status})",
            hint="Allow this machine there, or try the other wordpress.transport.",
        )
    if answer.status == 404:
        raise ConfigError(
            f"{site} answers 404 to {way}",
            hint="Is wordpress.url the address of the site itself, with its folder?",
        )
    if answer.status < 500 and answer.status >= 400:
        raise UnreachableError(f"{site} answers {answer.status} to {way}", hint=LOG_HINT)
    raise _unknown(site, answer, way)


def broken(site: str, way: str, what: str) -> UnknownOutcomeError:
    """The site answered `way` with what cannot be understood: `what` is wrong with it."""
    return UnknownOutcomeError(
        f"{site}: unexpected {way} response: {plain(what.encode('utf-8', 'replace'))}",
        hint="Is wordpress.url the address of the site itself, with its folder?",
    )


def _unknown(site: str, answer: Answer, way: str) -> UnknownOutcomeError:
    if answer.status == 503 or (answer.status == 200 and not answer.body and _maintained(answer)):
        minutes = round(_pause(answer) / 60)
        return UnknownOutcomeError(
            f"{site} is in maintenance",
            hint=f"Publish again in {minutes} minutes." if minutes else "Publish again later.",
        )
    if answer.status >= 500:
        return UnknownOutcomeError(
            f"{site} answers {answer.status}: {plain(answer.body) or 'PHP failed'}", hint=LOG_HINT
        )
    if not answer.body.strip():
        return UnknownOutcomeError(
            f"{site} answers with nothing: PHP ended midway, or the site is in maintenance",
            hint=LOG_HINT,
        )
    if (
        b"<b>Notice</b>" in answer.body
        or b"<b>Warning</b>" in answer.body
        or b"<b>D" in answer.body
    ):
        return UnknownOutcomeError(
            f"{site} prints PHP's notices into its answers: {plain(answer.body)}",
            hint="Switch display_errors off (WP_DEBUG_DISPLAY in wp-config.php).",
        )
    return UnknownOutcomeError(
        f"{site} answers {way} with something else: {plain(answer.body)}",
        hint="Is wordpress.url the address of the site itself, with its folder?",
    )


def _maintained(answer: Answer) -> bool:
    return "retry-after" in answer.headers


def _pause(answer: Answer) -> float:
    text = answer.headers.get("retry-after", "")
    return float(min(int(text), MAX_PAUSE)) if re.fullmatch("[0-9]{1,9}", text) else 0.0


def plain(body: bytes) -> str:
    """The beginning of a page, as words."""
    text = body[:4000].decode("utf-8", "replace")
    text = re.sub(
        r"<(style|script|head)\b.*?(</\1>|\Z)", " ", text, flags=re.DOTALL | re.IGNORECASE
    )
    words = " ".join(re.sub(r"<[^>]*>", " ", text).split())
    return words if len(words) <= 120 else words[:119] + "…"
