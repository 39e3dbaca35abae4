"""What has broken a door once, or was made to: fed to each door again, and where fuzzing begins.

A find of `scripts/fuzz.py` becomes a line here, shortened to what breaks.
"""

from __future__ import annotations

import json

_DEEP = b"[" * 1000 + b"]" * 1000
_NUMBERS = (
    "999999999", "9" * 30, "-1", "-" + "9" * 30, "NaN", "inf", "1e400", "0", "", " 60 ", "6_0", "0x3c",
    "\u0661\u0662", "60.5", "60, 60", "60;q=1", "\xb2", "1" * 5000,
)  # fmt: skip
_DATES = (
    "Fri, 31 Dec 9999 23:59:59 GMT", "Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 31 Dec 99999 23:59:59 GMT",
    "Tue, 01 Dec 2026 12:05:00 +9999", "Tue, 01 Dec 2026 12:05:00", "yesterday", "0", "-1", "Tue, 32 Foo 2026 25:61:61 GMT",
)  # fmt: skip
_LIMITS = (
    "600/15m",
    "9" * 30 + "/15m",
    "600/" + "9" * 30 + "d",
    "0/0s",
    "-1/15m",
    "600/15y",
    "/",
    "600/0m",
    "\u0661/\u0661m",
)
_TOML = (
    b'[esi]\nbase_url = "http://127.0.0.1:1"\n',
    b'[publish]\ntemplates = "/tmp"\n',
    b'[wordpress]\nurl = "http://127.0.0.1:1"\n',
    b'"esi"."base_url" = "http://127.0.0.1:1"\n',
    b'esi = { base_url = "http://127.0.0.1:1" }\n',
    b'[[esi]]\nbase_url = "http://127.0.0.1:1"\n',
    b"a = " + _DEEP,
    b"a." * 5000 + b"a = 1",
    b"[esi]\ntimeout = " + b"9" * 5000,
    b"\xff\xfe[\x00e\x00s\x00i\x00]\x00",
    b"[cache]\nmax_size = nan\n",
    b"[observe]\nregions = [" + b"'x'," * 5000 + b"]",
)
_QUESTIONS = (
    "SELECT 1; DROP TABLE contracts", "ATTACH 'x.sqlite3' AS x", "PRAGMA writable_schema=1", "VACUUM INTO 'x.sqlite3'",
    "SELECT load_extension('x')", "SELECT writefile('x', 'x')", "SELECT readfile('/etc/passwd')", "SELECT json('{')",
    "SELECT printf('%.*c', 200000000, 'x')", "SELECT zeroblob(2147483647)", "SELECT randomblob(1e9)", "SELECT '%', :x, ?",
    "INSERT INTO contracts VALUES (2, 'y') RETURNING id", "WITH x AS (SELECT 1) DELETE FROM contracts", "BEGIN", "\x00", "",
    "EXPLAIN DELETE FROM contracts", "SELECT abs(-9223372036854775808)", "SELECT " + "(" * 1100 + "1" + ")" * 1100,
    "CREATE TEMP TABLE t (x)", "SELECT edit('x')", "SELECT * FROM pragma_database_list", "REINDEX", "ANALYZE", "\ud800",
)  # fmt: skip
_LINES = (
    "Tritanium: 53333", "Tritanium\t12,5", "Tritanium 1e3", "Tritanium 1\u2009000", "Drones", "[Rifter, x]", "\ufeffTritanium\t1",
    "Total:\t1", "1 x x 1", "x" * 10000, "\u202eTritanium", "\t\t\t", "Tritanium\t" + "9" * 5000, "(Copy)", "BPC", ",", "1", "\x00",
)  # fmt: skip
_CLAIMS = (
    {
        "iss": "http://127.0.0.1:1",
        "aud": ["client", "EVE Online"],
        "sub": "CHARACTER:EVE:1",
        "exp": 1e400,
    },
    {"iss": "http://127.0.0.1:1", "aud": 5, "sub": "CHARACTER:EVE:1", "exp": 1796126400},
    {
        "iss": "http://127.0.0.1:1",
        "aud": ["client", "EVE Online"],
        "sub": "CHARACTER:EVE:1",
        "exp": 1796127600,
        "scp": 5,
    },
    {
        "iss": "http://127.0.0.1:1",
        "aud": ["client", "EVE Online"],
        "sub": "CHARACTER:EVE:1",
        "exp": 1796127600,
        "scp": [5],
    },
    {
        "iss": "http://127.0.0.1:1",
        "aud": [["client"], "EVE Online"],
        "sub": "CHARACTER:EVE:1",
        "exp": 1796127600,
    },
    {
        "iss": "http://127.0.0.1:1",
        "aud": ["client", "EVE Online"],
        "sub": "CHARACTER:EVE:1",
        "exp": 10**30,
    },
    {
        "iss": "http://127.0.0.1:1",
        "aud": ["client", "EVE Online"],
        "sub": "CHARACTER:EVE:1",
        "exp": 1796127600,
        "nbf": 10**12,
    },
    {
        "iss": "http://127.0.0.1:1",
        "aud": ["client", "EVE Online"],
        "sub": "CHARACTER:EVE:1",
        "exp": True,
    },
    {"iss": ["http://127.0.0.1:1"], "aud": ["client", "EVE Online"], "sub": 5, "exp": 1796127600},
)
_SITE = (
    b"j\n{}", b"j\n[]", b"j\nnull", b"j\n5", b'j\n"x"', b"j\n[[]]", b"j\n[null]", b'j\n{"responses": 5}', b'j\n{"responses": [{}]}',
    b'j\n{"responses": [{"status": "x", "body": 5}]}', b'j\n[{"id": {}}]', b"j\n" + _DEEP, b"j\n\xff", b"x\n<?xml version='1.0'?>",
    b"x\n<?xml version='1.0'?><methodResponse><params/></methodResponse>",
    b"x\n<?xml version='1.0'?><methodResponse><fault><value><int>1</int></value></fault></methodResponse>",
    b"x\n<?xml version='1.0'?><methodResponse><params><param><value><int>x</int></value></param></params></methodResponse>",
    b"x\n<?xml version='1.0'?><methodResponse><params><param><value><string>x</string></value></param></params></methodResponse>",
    (b"x\n<?xml version='1.0'?><methodResponse><params><param><value><array><data><value><int>1</int></value></data></array></value>"
    b"</param></params></methodResponse>"),
    (b"x\n<?xml version='1.0'?><methodResponse><params><param><value><dateTime.iso8601>x</dateTime.iso8601></value></param></params>"
    b"</methodResponse>"),
    b"x\n<?xml version='1.0'?><methodResponse><params><param><value><base64>\xff</base64></value></param></params></methodResponse>",
    (b"x\n<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;'>]><methodResponse><params><param><value>"
    b"<string>&b;</string></value></param></params></methodResponse>"),
)  # fmt: skip


def _headers() -> list[bytes]:
    """Each hostile value in the place of each header, at three statuses."""
    found = []
    for place, values in ((0, _NUMBERS), (1, _NUMBERS), (2, (*_NUMBERS, *_DATES)), (3, _LIMITS), (4, _NUMBERS),
                          (7, _DATES), (8, _DATES), (9, _DATES), (10, _NUMBERS)):  # fmt: skip
        for value in values:
            lines = ["1"] * place + [value] if place == 1 else [""] * place + [value]
            text = "\n".join(lines).encode("latin-1", "replace")
            found += [bytes([status]) + text for status in (0, 6, 7)]
    return found


CORPUS: dict[str, list[bytes]] = {
    "headers": _headers(),
    "body": [
        b"", b"null", b"[]", b"{}", b"[null]", _DEEP, b'{"error": ' + _DEEP + b"}", b"\xff\xfe", b"[" + b"0," * 4000 + b"0]",
        b'[{"contract_id": 1, "title": "\\ud800"}]', b'[{"contract_id": 1e400}]', b'[{"contract_id": 99999999999999999999}]',
        b'{"error": "ConStopSpamming, details: {\\"remainingTime\\": 99999999999999999999}"}', b'{"error": {"a": 1}}',
    ],
    "cursor": [
        b"", b"{}", b'{"rows": [{"id": 1}], "cursor": {"before": "a", "after": "b"}}', b'{"rows": 7, "cursor": 5}',
        b'{"rows": [{"id": [1]}], "cursor": {"before": ["a"]}}', b'{"rows": [5], "cursor": {"before": 5, "after": null}}',
        b'{"rows": [{"id": 1}], "cursor": {"before": "a"}}\n{"rows": [{"id": 2}], "cursor": {"before": "b"}}',
    ],
    "token": [json.dumps(claims).encode() for claims in _CLAIMS] + [b"{}", b"[]", b"5", _DEEP],
    "settings": [*_TOML],
    "archive": [
        b"", b"\x00" * 1024, b"BZh9", b"BZh91AY&SY", b"FILE meta.json\n{}", b"FILE meta.json\n" + _DEEP,
        b'FILE meta.json\n{"scrape_start": 1e400}', b'FILE meta.json\n{"scrape_start": "9999-12-31T23:59:59Z"}',
        b"FILE contracts.csv\n" + b'"' * 300000, b"FILE contracts.csv\ncontract_id\r\n" + b"9" * 5000,
        b"FILE contracts.csv\ncontract_id,contract_id\r\n1,1\r\n", b"FILE contract_items.csv\n\x00\x00\xff",
        b"FILE ../../etc/passwd\nx", b"FILE contract_bids.csv\namount,bid_id\r\nNaN,1\r\n",
    ],
    "question": [text.encode("utf-8", "surrogatepass") for text in _QUESTIONS],
    "list": [text.encode() for text in _LINES] + [b"\xff\xfe\x00", b"\n".join(text.encode() for text in _LINES)],
    "site": [*_SITE],
    "title": [b"\x1b[31m", b"\xc2\x9b31m", b"\xed\xa0\x80", b"\xe2\x80\xae", b"\x00", b"[red]", b"\xff"],
}  # fmt: skip
