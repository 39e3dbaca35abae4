"""The companion plugin of WordPress: its source, with the kinds of document it has to know."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from eveobs.publish.document import fingerprint
from eveobs.publish.kinds import Kind

PLUGIN = Path(__file__).parent / "plugin" / "eveobs.php"
_BEGIN, _END = "// declaration: begin\n", "// declaration: end\n"
_PARTS_BEGIN, _PARTS_END = "// parts: begin\n", "// parts: end\n"
_PART = re.compile(r"^require __DIR__ \. '/(parts/[a-z]+\.php)';$", re.MULTILINE)
_HEAD_END = "defined( 'ABSPATH' ) || exit;\n"


def declaration(kinds: Mapping[str, Kind]) -> dict[str, Any]:
    """What the plugin registers of each kind: names, meta fields and taxonomies."""
    return {
        "kinds": {
            name: {
                "singular": kind.singular,
                "plural": kind.plural,
                "meta": list(kind.meta),
                "terms": list(kind.terms),
            }
            for name, kind in kinds.items()
        }
    }


def declared_version(kinds: Mapping[str, Kind]) -> str:
    """Another text for every other declaration."""
    return fingerprint(declaration(kinds))[:16]


def plugin_source(kinds: Mapping[str, Kind]) -> str:
    """The plugin as one PHP file that knows `kinds`: its parts stand where they are required."""
    source = PLUGIN.read_text(encoding="utf-8")
    before, _, rest = source.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    head, _, rest = after.partition(_PARTS_BEGIN)
    required, _, hooks = rest.partition(_PARTS_END)
    parts = "".join(map(_part, _PART.findall(required)))
    return f"{before}{_BEGIN}{_declared(kinds)}{_END}{head}{parts.lstrip()}{hooks}"


def _part(name: str) -> str:
    """A part without its own head: description, namespace, and the guard against being opened."""
    head, guard, body = (PLUGIN.parent / name).read_text(encoding="utf-8").partition(_HEAD_END)
    (about,) = re.findall(r"^ \* (.+)$", head, re.MULTILINE)[:1]
    return f"\n/* {'-' * 64} {about} */\n{body}" if guard else head


def _declared(kinds: Mapping[str, Kind]) -> str:
    """The declaration as PHP; JSON in ASCII, which a nowdoc carries as it is."""
    text = json.dumps(declaration(kinds), indent=1)
    return (
        f"const DECLARED    = '{declared_version(kinds)}';\n"
        f"const DECLARATION = <<<'JSON'\n{text}\nJSON;\n"
    )
