"""Every setting there is. A key is one line here: its type, its words, its limits, its default.

The environment's names, the example file, `eveobs config` and all error messages are made of it.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from eveobs.settings import checks
from eveobs.settings.meta import about
from eveobs.settings.secret import Secret, SecretUrl


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """A table of eveobs.toml; its docstring is its comment there."""


class Esi(Section, frozen=True, kw_only=True):
    """How eveobs asks ESI, EVE Online's public API."""

    base_url: Annotated[str, about("Where ESI answers.", check=checks.SAFE_WEB)] = (
        "https://esi.evetech.net"
    )
    compatibility_date: Annotated[
        str,
        about(
            "The behaviour of ESI to ask for. eveobs was reviewed at the default; a later date can "
            "change the shape of answers.",
            check=checks.DAY,
        ),
    ] = "2026-08-18"
    contact: Annotated[
        str,
        about(
            "Your e-mail address, sent in the User-Agent: CCP writes to it before it blocks you.",
            check=checks.EMAIL,
        ),
    ] = ""
    language: Annotated[
        Literal["en", "de", "fr", "ja", "ru", "zh", "ko", "es"],
        about("The language of names and texts.", harmless=True),
    ] = "en"
    tenant: Annotated[str, about("The server of the game.", check=checks.WORD)] = "tranquility"
    concurrency: Annotated[
        int, about("Requests under way at once.", ge=1, le=1000, harmless=True)
    ] = 20
    connect_timeout: Annotated[
        float, about("Seconds to wait for a connection.", ge=0.01, le=3600, harmless=True)
    ] = 10.0
    read_timeout: Annotated[
        float,
        about("Seconds to wait for the next part of an answer.", ge=0.01, le=3600, harmless=True),
    ] = 30.0
    total_timeout: Annotated[
        float, about("Seconds a whole answer may take.", ge=0.01, le=3600, harmless=True)
    ] = 120.0
    max_retries: Annotated[
        int, about("How often a failed request is tried again.", ge=0, le=20, harmless=True)
    ] = 4


class Cache(Section, frozen=True, kw_only=True):
    """Answers of ESI, kept until they expire and asked conditionally afterwards."""

    enabled: Annotated[bool, about("Keep answers on disk.")] = True
    dir: Annotated[
        str, about("Folder of the cache. Empty: the platform's cache folder.", check=checks.PATH)
    ] = ""
    size_mb: Annotated[
        int, about("Megabytes on disk; the oldest answers give way.", ge=1, le=1_000_000)
    ] = 512
    memory_mb: Annotated[
        int,
        about(
            "Megabytes of answers kept in memory, for each process.", ge=0, le=65_536, harmless=True
        ),
    ] = 32
    redis_url: Annotated[
        SecretUrl,
        about("Accepted, and not used by this version: the cache is on disk.", check=checks.REDIS),
    ] = SecretUrl("")


class Store(Section, frozen=True, kw_only=True):
    """The database of what was seen, with its history."""

    url: Annotated[
        SecretUrl,
        about(
            "SQLAlchemy URL of the database. Empty: the SQLite file eveobs.sqlite3 in the data "
            "folder. PostgreSQL needs `pip install eveobs[postgres]`.",
            check=checks.STORE,
        ),
    ] = SecretUrl("")
    esi_url: Annotated[
        str, about("The ESI that its data is of, if not esi.base_url.", check=checks.SAFE_WEB)
    ] = ""
    sql_url: Annotated[
        SecretUrl,
        about("URL for `eveobs sql`: a role that only reads. Empty: url.", check=checks.STORE),
    ] = SecretUrl("")
    batch_size: Annotated[
        int, about("Answers kept per write.", ge=1, le=100_000, harmless=True)
    ] = 1000


class Observe(Section, frozen=True, kw_only=True):
    """What `eveobs fetch` observes when the command line does not say."""

    regions: Annotated[
        tuple[str, ...], about("Regions, by name or id: at least one.", min_length=1, harmless=True)
    ] = ("The Forge",)
    characters: Annotated[
        tuple[str, ...],
        about("Signed-in characters, by name or id. Empty: all of them.", harmless=True),
    ] = ()
    corporations: Annotated[
        tuple[str, ...],
        about(
            "Corporations, by name or id. Empty: all that a signed-in character may read.",
            harmless=True,
        ),
    ] = ()
    processors: Annotated[
        tuple[str, ...],
        about(
            "What `eveobs fetch all` fetches. Empty: everything but market-orders, "
            "market-history and dynamic-items.",
            harmless=True,
        ),
    ] = ()
    types: Annotated[
        tuple[str, ...],
        about("Types whose market history is fetched, by name or id.", harmless=True),
    ] = ()
    items: Annotated[
        bool, about("Ask for the items of contracts (once for each).", harmless=True)
    ] = True
    bids: Annotated[bool, about("Ask for the bids on auctions.", harmless=True)] = True


class Me(Section, frozen=True, kw_only=True):
    """Who you are, beside the characters that signed in."""

    characters: Annotated[
        tuple[str, ...],
        about(
            "Other characters of yours, by name or id: their contracts are no competition.",
            harmless=True,
        ),
    ] = ()


class Market(Section, frozen=True, kw_only=True):
    """What selling on a market costs. Skills and standings make it less."""

    sales_tax: Annotated[
        float,
        about(
            "Sales tax, in percent: 8 without the skill Accounting.", ge=0, le=100, harmless=True
        ),
    ] = 8.0
    broker_fee: Annotated[
        float,
        about("Broker's fee, in percent: 3 without Broker Relations.", ge=0, le=100, harmless=True),
    ] = 3.0


class Sso(Section, frozen=True, kw_only=True):
    """How characters sign in (`eveobs auth login`)."""

    client_id: Annotated[
        str,
        about(
            "Client id of your own application, registered at developers.eveonline.com.",
            check=checks.WORD,
        ),
    ] = ""
    base_url: Annotated[str, about("Where EVE Online signs in.", check=checks.SAFE_WEB)] = (
        "https://login.eveonline.com"
    )
    callback_port: Annotated[
        int,
        about("Port of http://localhost:PORT/callback, as the application has it.", ge=1, le=65535),
    ] = 8635


class StaticData(Section, frozen=True, kw_only=True):
    """The official static data export: names of types, regions, stations."""

    base_url: Annotated[str, about("Where CCP publishes it.", check=checks.SAFE_WEB)] = (
        "https://developers.eveonline.com/static-data"
    )


class Images(Section, frozen=True, kw_only=True):
    """Portraits, logos and pictures of types, which eveobs links to."""

    base_url: Annotated[str, about("Where EVE's images are.", check=checks.SAFE_WEB)] = (
        "https://images.evetech.net"
    )


class Log(Section, frozen=True, kw_only=True):
    """What eveobs notes about its own work."""

    level: Annotated[
        Literal["debug", "info", "warning", "error"],
        about("The least that is noted.", harmless=True),
    ] = "warning"
    file: Annotated[
        str, about("Also write it here, a JSON object a line. Empty: nowhere.", check=checks.PATH)
    ] = ""
    file_mb: Annotated[
        int,
        about(
            "Megabytes after which the file is moved aside, to FILE.1. 0: never.",
            ge=0,
            le=1_000_000,
        ),
    ] = 10
    files: Annotated[int, about("Files moved aside that are kept.", ge=0, le=1000)] = 5
    format: Annotated[
        Literal["human", "json"],
        about(
            "What is written to stderr: lines for people, or a JSON object a line.", harmless=True
        ),
    ] = "human"


class Publish(Section, frozen=True, kw_only=True):
    """What `eveobs publish` makes pages of, and where they go."""

    target: Annotated[
        Literal["site", "wordpress"],
        about("Where pages go: a static website in a folder, or the WordPress site below."),
    ] = "site"
    records: Annotated[
        tuple[str, ...],
        about(
            "Whose records become pages, as `eveobs list` calls them: add contracts for the public "
            "ones of your regions.",
            min_length=1,
        ),
    ] = ("own-contracts", "blueprints", "characters", "corporations")
    where: Annotated[
        tuple[str, ...],
        about(
            "Only these: options of `eveobs list`, such as contract.status=outstanding or "
            "blueprint.min-me=8; the kind may be left out."
        ),
    ] = ()
    min_offers: Annotated[
        int,
        about(
            "With the public contracts: a page for each type that has this many offers in a "
            "region.",
            ge=1,
        ),
    ] = 5
    max_types: Annotated[
        int,
        about("At most this many types have a page, your own first, then the most offered.", ge=0),
    ] = 200
    max_prune: Annotated[
        float,
        about("Percent of a kind that one --prune may remove at most.", ge=0, le=100),
    ] = 10.0
    templates: Annotated[
        str,
        about(
            "A folder of templates of your own, over those of eveobs. Empty: none.",
            check=checks.PATH,
        ),
    ] = ""


class Site(Section, frozen=True, kw_only=True):
    """The static website."""

    folder: Annotated[
        str, about("Where it is. Empty: the folder site in the data folder.", check=checks.PATH)
    ] = ""
    title: Annotated[str, about("What it is called.", min_length=1)] = "EVE Observer"


class Wordpress(Section, frozen=True, kw_only=True):
    """The WordPress site that `eveobs publish --target wordpress` writes to."""

    url: Annotated[
        str, about("Address of the site, with its folder if it has one.", check=checks.SITE)
    ] = ""
    username: Annotated[
        str, about("The user who publishes: an Author is enough, and safer than an administrator.")
    ] = ""
    app_password: Annotated[
        Secret,
        about(
            "An application password of that user, never the one of the login page.",
            address="wordpress.url",
        ),
    ] = Secret("")
    transport: Annotated[
        Literal["auto", "rest", "xmlrpc"],
        about("How to talk to the site; auto asks it what it can do."),
    ] = "auto"
    timeout: Annotated[
        float, about("Seconds of silence after which an answer is given up.", ge=0.1, le=3600)
    ] = 60.0
    pictures: Annotated[
        Literal["link", "upload"],
        about("Link to EVE's image server, or take each picture to the site once."),
    ] = "link"


class Watch(Section, frozen=True, kw_only=True):
    """How `eveobs watch` runs: it observes what [observe] lists, as long as it lives."""

    jitter: Annotated[
        float,
        about(
            "Seconds by which a list may be asked later than it expires, at random, so that not "
            "everybody asks at the same moment.",
            ge=0,
            le=3600,
            harmless=True,
        ),
    ] = 15.0
    listen: Annotated[
        str,
        about(
            "Where to serve /metrics, /healthz and /readyz, as HOST:PORT. Empty: nowhere.",
            check=checks.LISTEN,
        ),
    ] = ""
    publish: Annotated[
        bool, about("Publish what [publish] lists, when something of it may have changed.")
    ] = True
    publish_minutes: Annotated[
        float, about("Minutes between two publishings, at least.", ge=0, le=10_080, harmless=True)
    ] = 15.0
    heartbeat_start: Annotated[
        SecretUrl, about("An address to ask when a round begins.", check=checks.ANY_WEB)
    ] = SecretUrl("")
    heartbeat_success: Annotated[
        SecretUrl, about("The same, when a round ends and all is well.", check=checks.ANY_WEB)
    ] = SecretUrl("")
    heartbeat_failure: Annotated[
        SecretUrl, about("The same, when something of a round failed.", check=checks.ANY_WEB)
    ] = SecretUrl("")


class Alerts(Section, frozen=True, kw_only=True):
    """What you want to be told of by `eveobs alerts`, and by `eveobs watch`, and where."""

    to: Annotated[
        Secret,
        about(
            "Where to: addresses in the language of Apprise, such as discord://ID/TOKEN or "
            "mailto://…, separated by spaces. Needs `pip install eveobs[alerts]`. Empty: nowhere."
        ),
    ] = Secret("")
    rules: Annotated[
        tuple[str, ...],
        about(
            "Of what: undercut, accepted, expiring, job-done, extractor-ending, partial, token, "
            "health. Empty: of all of it.",
            harmless=True,
        ),
    ] = ()
    expiring_hours: Annotated[
        float, about("Hours before a contract of yours ends.", ge=0, le=720, harmless=True)
    ] = 24.0
    extractor_hours: Annotated[
        float, about("Hours before an extractor of a colony ends.", ge=0, le=720, harmless=True)
    ] = 6.0
    partial_hours: Annotated[
        float,
        about("Hours for which some of a list has been missing.", ge=0, le=720, harmless=True),
    ] = 6.0
    token_days: Annotated[
        int, about("Days before the sign-in of a character dies.", ge=0, le=30, harmless=True)
    ] = 5


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The whole tree, valid."""

    esi: Esi = Esi()
    cache: Cache = Cache()
    store: Store = Store()
    observe: Observe = Observe()
    me: Me = Me()
    market: Market = Market()
    sso: Sso = Sso()
    static_data: StaticData = StaticData()
    images: Images = Images()
    log: Log = Log()
    publish: Publish = Publish()
    site: Site = Site()
    wordpress: Wordpress = Wordpress()
    watch: Watch = Watch()
    alerts: Alerts = Alerts()
