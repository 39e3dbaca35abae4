"""Running `eveobs outbid`: standings as rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import typer

from eveobs.analysis.competition import Rival, Scope, Standing
from eveobs.analysis.market import Market, Own, ours_of
from eveobs.analysis.offer import Kind as WareKind
from eveobs.analysis.offer import Offer
from eveobs.cli.options import chosen_format
from eveobs.errors import ExitCode, NotFoundError, SignInError, UsageError
from eveobs.records.characters import CHARACTERS
from eveobs.records.contracts import CONTRACTS
from eveobs.records.own_contracts import OWN_CONTRACTS
from eveobs.records.schema import Column, Kind
from eveobs.store.query import Query

if TYPE_CHECKING:
    from eveobs.cli.context import Run
    from eveobs.store.store import Store

COLUMNS = (
    Column("contract_id", "Contract", Kind.ID),
    Column("items", "Items", flexible=True),
    Column("price", "Price", Kind.ISK),
    Column("rank", "Rank", Kind.NUMBER),
    Column("of", "Of", Kind.NUMBER, rank=3),
    Column("undercut_percent", "Less", Kind.NUMBER, rank=2),
    Column("rival_id", "Rival", Kind.ID, rank=2),
    Column("rival_price", "At", Kind.ISK, rank=4),
    Column("rival_issuer_name", "Of whom", rank=6, flexible=True),
    Column("research", "Research", rank=5),
    Column("since", "Since", Kind.TIME, rank=5),
    Column("best_price", "Best again", Kind.NUMBER),
    Column("remark", "Remark", rank=3, flexible=True),
)
FIELDS = (
    *("contract_id", "items", "kind", "type_id", "runs", "units", "price", "unit_price"),
    *("region_id", "station_id", "rank", "of", "undercut", "undercut_percent", "rivals"),
    *("rival_id", "rival_price", "rival_unit_price", "rival_issuer_id", "rival_issuer_name"),
    *("research", "since", "best_price", "bid", "next_bid", "parts_value", "remark"),
)
HISTORY = (
    Column("contract_id", "Contract", Kind.ID),
    Column("items", "Items", flexible=True),
    Column("rival_id", "Rival", Kind.ID),
    Column("rival_issuer_name", "Of whom", rank=3, flexible=True),
    Column("rival_price", "At", Kind.ISK),
    Column("undercut_percent", "Less", Kind.NUMBER, rank=2),
    Column("since", "Since", Kind.TIME),
    Column("until", "Until", Kind.TIME, rank=2),
)
HISTORY_FIELDS = tuple(dict.fromkeys((*(column.field for column in HISTORY), "rival_issuer_id")))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asks for."""

    contracts: Sequence[int] = ()
    issuers: Sequence[str] = ()
    scope: Scope = Scope.REGION
    history: bool = False
    undercut_only: bool = False
    check: bool = False


def outbid_and_tell(run: Run, wanted: Wanted, output: Mapping[str, Any]) -> None:
    """Print how the contracts stand; with `check` end with 1 if one is undercut."""
    shape = chosen_format(output)
    if wanted.contracts and wanted.issuers:
        raise UsageError("--contract and --issuer exclude each other")
    with run.store() as store:
        market = open_market(run, store)
        own = _own(market, wanted, run)
        standings = {one.offer.contract_id: one for one in market.compare(own, wanted.scope)}
        names = store.names_of(_issuers(standings.values(), all_of_them=wanted.history))
        if wanted.history:
            rows = list(_past(own, standings, names))
        else:
            rows = list(_rows(own, standings, names, _bundles(run, store, own)))
    if wanted.undercut_only and not wanted.history:
        rows = [row for row in rows if row["undercut"]]
    run.write(
        rows,
        HISTORY if wanted.history else COLUMNS,
        format=shape,
        all_fields=HISTORY_FIELDS if wanted.history else FIELDS,
    )
    undercut = sum(bool(one.rivals) for one in standings.values())
    run.remark(f"{undercut:,} of {len(own):,} undercut" if own else "no active contracts")
    if wanted.check and undercut:
        raise typer.Exit(ExitCode.FAILED)


def open_market(run: Run, store: Store) -> Market:
    """The market as the store knows it, and whose offers are no rivals."""
    signed_in = (one.character_id for one in run.sign_ins().vault.entries())
    me = run.loaded().settings.me.characters
    return Market(store, run.now(), ours_of(store, signed_in, me))


def _own(market: Market, wanted: Wanted, run: Run) -> list[Own]:
    if wanted.contracts:
        found = market.of_ids(wanted.contracts)
        missing = {*wanted.contracts} - {one.contract_id for one in found}
        if missing:
            raise NotFoundError(
                f"contract {min(missing)} is not stored, or not on offer any more",
                hint="`eveobs fetch contracts` gets those of its region.",
            )
    elif wanted.issuers:
        for issuer in wanted.issuers:
            if not _is_known(market.store, issuer):
                raise NotFoundError(
                    f"issuer {issuer!r} not found",
                    hint="`eveobs fetch contracts` gets the public contracts of a region.",
                )
        found = market.issued_by(wanted.issuers)
    else:
        _refuse_without_owner(market, run.loaded().settings.me.characters)
        found = market.ours_on_offer()
    return found


def _is_known(store: Store, issuer: str) -> bool:
    """Whether a character of this name (in part) or id is stored, or a contract that it issued:
    one that expired counts too.
    """
    issued = Query(values={"issuer": [issuer]}, gone_too=True, limit=1)
    if any(store.keys(schema, issued) for schema in (CONTRACTS, OWN_CONTRACTS)):
        return True
    if issuer.isdecimal():
        return store.row(CHARACTERS, int(issuer)) is not None
    return bool(store.names_like("character", issuer))


def _refuse_without_owner(market: Market, me: Sequence[str]) -> None:
    """Refuse to look for contracts of one's own where it is not known who that is: a script that
    checks them would take "none" for "none is undercut".

    Raises SignInError, or NotFoundError where me.characters has only names that are not stored.
    """
    if market.ours.characters or market.ours.corporations:
        return
    if me:
        raise NotFoundError(
            f"me.characters: character {me[0]!r} not found",
            hint="`eveobs fetch contracts` gets the names of issuers; an id needs no name.",
        )
    raise SignInError(
        "not signed in, and me.characters is not set",
        hint="`eveobs auth login` signs in; --issuer NAME or --contract ID needs no sign-in.",
    )


def _issuers(standings: Iterable[Standing], *, all_of_them: bool) -> set[int]:
    """Whose names will be shown: of the best rival of each, or of all there were."""
    return {
        rival.offer.issuer_id
        for one in standings
        for rival in ((*one.rivals, *one.past) if all_of_them else one.rivals[:1])
    }


def _rows(
    own: Sequence[Own],
    standings: Mapping[int, Standing],
    names: Mapping[int, str],
    bundles: Mapping[int, float],
) -> Iterator[dict[str, Any]]:
    for one in own:
        row: dict[str, Any] = dict.fromkeys(FIELDS)
        row |= {"contract_id": one.contract_id, "items": one.words, "undercut": False, "rivals": []}
        row["next_bid"] = one.next_bid
        standing = standings.get(one.contract_id)
        if standing is None or one.offer is None:
            yield row | {"remark": f"{one.unfit}{_next_bid(one)}"}
            continue
        row |= _of_offer(one.offer) | {"remark": _next_bid(one).lstrip("; ") or None}
        if one.offer.ware.kind is WareKind.BUNDLE:
            yield row | _of_bundle(one.offer, bundles.get(one.contract_id))
            continue
        if one.offer.research is None:
            yield row | {"remark": "its research is not known"}
            continue
        row |= {"rank": standing.rank, "of": standing.of, "undercut": bool(standing.rivals)}
        row["rivals"] = [rival.offer.contract_id for rival in standing.rivals]
        if standing.rivals:
            row |= _of_rival(one.offer, standing.rivals[0], names)
            row["best_price"] = standing.best_price
        yield row


def _past(
    own: Sequence[Own], standings: Mapping[int, Standing], names: Mapping[int, str]
) -> Iterator[dict[str, Any]]:
    for one in own:
        standing = standings.get(one.contract_id)
        if standing is None or one.offer is None:
            continue
        for rival in sorted((*standing.rivals, *standing.past), key=lambda one: one.since):
            found = _of_rival(one.offer, rival, names)
            row = {"contract_id": one.contract_id, "items": one.words, "until": rival.until}
            yield {**row, **{name: found[name] for name in HISTORY_FIELDS if name in found}}


def _next_bid(own: Own) -> str:
    return "" if own.next_bid is None else f"; the next bid is {own.next_bid:,.2f}"


def _of_offer(offer: Offer) -> dict[str, Any]:
    ware = offer.ware
    return {
        "kind": str(ware.kind),
        "type_id": ware.type_id,
        "runs": ware.runs or None,
        "units": offer.units,
        "price": offer.price,
        "unit_price": offer.unit_price,
        "region_id": offer.region_id,
        "station_id": offer.station_id,
        "bid": offer.bid,
    }


def _bundles(run: Run, store: Store, own: Sequence[Own]) -> dict[int, float]:
    """What the parts of bundles are worth, where the market of the first region is stored and has
    a price for one of them; in ISK, by what is for sale there (the percentile).
    """
    some = [one for one in own if one.things]
    if not some:
        return {}
    from eveobs.analysis.appraisal import Valuer, total
    from eveobs.cli.places import place_named

    try:
        valuer = Valuer(store, place_named(run, store, None, None))
    except UsageError:  # nothing is stored of that region
        return {}
    lines = iter(valuer.valued((thing, False) for one in some for thing in one.things))
    worth = {one.contract_id: total([*islice(lines, len(one.things))]).percentile for one in some}
    return {number: isk for number, isk in worth.items() if isk}


def _of_bundle(offer: Offer, worth: float | None) -> dict[str, Any]:
    if worth is None:
        return {"remark": "a bundle: compared with nothing"}
    percent = (offer.price / worth - 1) * 100
    told = f"{abs(percent):,.0f} % {'above' if percent > 0 else 'below'} its parts"
    return {"parts_value": round(worth, 2), "remark": f"a bundle: {told}"}


def _of_rival(own: Offer, rival: Rival, names: Mapping[int, str]) -> dict[str, Any]:
    offer = rival.offer
    return {
        "rival_id": offer.contract_id,
        "rival_price": offer.price,
        "rival_unit_price": offer.unit_price,
        "rival_issuer_id": offer.issuer_id,
        "rival_issuer_name": names.get(offer.issuer_id),
        "undercut_percent": round((1 - offer.unit_price / own.unit_price) * 100, 2),
        "research": _research(own, offer),
        "since": rival.since,
    }


def _research(own: Offer, rival: Offer) -> str | None:
    """Which it was: the same research, or a better one."""
    if own.ware.kind is WareKind.PLAIN or own.research is None or rival.research is None:
        return None
    if rival.research == own.research:
        return "the same"
    return f"better: ME {rival.research.me} TE {rival.research.te}"
