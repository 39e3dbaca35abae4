"""Archives made by hand, as EVE Ref makes them, or as somebody else would."""

from __future__ import annotations

import bz2
import io
import json
import tarfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

MOMENT = datetime(2026, 9, 8, 18, 8, 11, tzinfo=UTC)
NOW = datetime(2026, 9, 8, 19, 0, tzinfo=UTC)
META = {
    "datasource": "tranquility",
    "scrape_start": "2026-09-08T18:08:11Z",
    "scrape_end": "2026-09-08T18:12:01Z",
}
CONTRACTS = (
    "collateral,contract_id,date_expired,date_issued,days_to_complete,end_location_id,"
    "issuer_corporation_id,issuer_id,price,reward,start_location_id,title,type,volume,"
    "http_last_modified,region_id,station_id,system_id,constellation_id,for_corporation,buyout\r\n"
    "0.0,1,2026-09-29T18:00:00Z,2026-09-01T18:10:34Z,0,,98745702,2120819548,5000000.0,0.0,"
    '60003760,"BPC, ""cheap""",item_exchange,10.0,2026-09-08T18:05:00Z,10000002,60003760,'
    "30000142,20000020,false,\r\n"
    ",2,2026-09-29T18:00:00Z,2026-09-01T18:10:34Z,0,60003760,98745702,2120819548,1.5E9,0.0,"
    "1035466617946,,auction,10.0,2026-09-08T18:05:00Z,10000043,1035466617946,,,,2000000000.0\r\n"
)
ITEMS = (
    "is_blueprint_copy,is_included,item_id,material_efficiency,quantity,record_id,runs,"
    "time_efficiency,type_id,http_last_modified,contract_id\r\n"
    "true,true,1049000000001,10,1,1001,3,18,32858,2026-09-01T11:31:43Z,1\r\n"
    ",false,,,100,1002,,,34,2026-09-01T11:31:43Z,1\r\n"
)
BIDS = (
    "amount,bid_id,date_bid,http_last_modified,contract_id\r\n"
    "1600000000.0,77,2026-09-02T10:00:00Z,2026-09-08T18:06:00Z,2\r\n"
)
DYNAMIC: Mapping[str, str] = {
    "contract_items": ITEMS + ",true,1044000000007,,1,1003,,,47408,2026-09-01T11:31:43Z,1\r\n",
    "contract_dynamic_items": "created_by,mutator_type_id,source_type_id,item_id,contract_id,"
    "http_last_modified\r\n2112000001,47297,5975,1044000000007,1,2026-09-01T11:31:44Z\r\n",
    "contract_dynamic_items_dogma_attributes": "attribute_id,value,contract_id,item_id,"
    "http_last_modified\r\n20,512.5,1,1044000000007,2026-09-01T11:31:44Z\r\n"
    "554,-0.25,1,1044000000007,2026-09-01T11:31:44Z\r\n",
    "contract_dynamic_items_dogma_effects": "effect_id,is_default,contract_id,item_id,"
    "http_last_modified\r\n13,true,1,1044000000007,2026-09-01T11:31:44Z\r\n",
}
"""Tables with an abyssal item in contract 1."""
FILES: Mapping[str, str] = {
    "meta.json": json.dumps(META),
    "contracts.csv": CONTRACTS,
    "contract_items.csv": ITEMS,
    "contract_bids.csv": BIDS,
    "contract_dynamic_items.csv": "",
    "contract_non_dynamic_items.csv": "\r\n",
    "contract_dynamic_items_dogma_attributes.csv": "",
    "contract_dynamic_items_dogma_effects.csv": "",
}


def tar_of(files: Mapping[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, text in files.items():
            body = text.encode() if isinstance(text, str) else text
            member = tarfile.TarInfo(name)
            member.size = len(body)
            tar.addfile(member, io.BytesIO(body))
    return out.getvalue()


def archive_of(folder: Path, files: Mapping[str, str | bytes] | None = None, **other: Any) -> Path:
    """An archive with FILES, or those; `other` takes the place of the file of that name."""
    names = {name.partition(".")[0]: name for name in FILES}
    made = dict(FILES if files is None else files)
    made |= {names[name]: text for name, text in other.items()}
    path = folder / "public-contracts.v2.tar.bz2"
    path.write_bytes(bz2.compress(tar_of(made)))
    return path
