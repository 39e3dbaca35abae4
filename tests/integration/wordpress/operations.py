"""The operations of the companion plugin, asked past all of eveobs."""

from __future__ import annotations

import json
import xmlrpc.client
from base64 import b64encode
from collections.abc import Sequence
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from eveobs.publish.document import Document
from eveobs.publish.targets.wordpress import wording
from tests.integration.wordpress.site import Credentials, Site
from tests.publish.test_publishing import document


def draft(number: int, **fields: Any) -> dict[str, Any]:
    made: Document = document(number, hash=f"{number:032x}", **fields)
    return {
        "kind": made.kind,
        "external_id": made.external_id,
        "slug": made.slug,
        "hash": made.hash,
        "digests": "",
        "title": wording.title(made),
        "content": wording.content(made),
        "excerpt": "",
        "date": "2026-09-01T00:00:00Z",
        "meta": dict(made.meta),
        "terms": dict(made.terms),
        "image": made.image,
        "fields": None,
        "restore": False,
    }


def rest(site: Site, name: str, body: Any = None, user: Credentials | None = None) -> Any:
    """An operation over REST, as `user` or the administrator; of a refusal, (status, code)."""
    who = user or Credentials(site.user, site.app_password)
    token = b64encode(f"{who.name}:{who.app_password}".encode()).decode()
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Basic {token}", "Content-Type": "application/json"}
    if who.name == "nobody":
        del headers["Authorization"]
    address = f"{site.url}/?rest_route=/eveobs/v1/{name}"
    try:
        with urlopen(Request(address, data, headers), timeout=30) as response:  # noqa: S310
            return json.load(response)
    except HTTPError as error:
        with error:
            return error.code, json.load(error)["code"]


def call(site: Site, name: str, body: Any, user: Credentials | None = None) -> Any:
    """An operation over XML-RPC; of a refusal, its number."""
    who = user or Credentials(site.user, site.app_password)
    with xmlrpc.client.ServerProxy(f"{site.url}/xmlrpc.php") as server:
        try:
            answer = getattr(server, f"eveobs.{name}")(
                0, who.name, who.app_password, json.dumps(body)
            )
        except xmlrpc.client.Fault as fault:
            return fault.faultCode
    assert isinstance(answer, str)
    return json.loads(answer)


def outcomes(answer: Any) -> Sequence[str]:
    return [
        one["outcome"] + (f" {one['error']['code']}" if "error" in one else "")
        for one in answer["results"]
    ]
