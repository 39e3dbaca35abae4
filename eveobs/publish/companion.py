"""The companion plugin of WordPress: its source, with the kinds of document it has to know."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from eveobs.publish.document import fingerprint
from eveobs.publish.kinds import Kind

PLUGIN = Path(__file__).parent / "plugin" / "eveobs.php"
_BEGIN, _END = "// declaration: begin\n", "// declaration: end\n"


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
    """The PHP file that knows `kinds`."""
    source = PLUGIN.read_text(encoding="utf-8")
    before, _, rest = source.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    return f"{before}{_BEGIN}{_declared(kinds)}{_END}{after}"


def _declared(kinds: Mapping[str, Kind]) -> str:
    """The declaration as PHP; JSON in ASCII, which a nowdoc carries as it is."""
    text = json.dumps(declaration(kinds), indent=1)
    return (
        f"const DECLARED    = '{declared_version(kinds)}';\n"
        f"const DECLARATION = <<<'JSON'\n{text}\nJSON;\n"
    )
