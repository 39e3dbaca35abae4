"""What players write above their contracts. Some of them mean harm; ESI hands it on as it is."""

from __future__ import annotations

from random import Random

HOSTILE: tuple[str, ...] = (
    "[red]x[/red]",
    "[bold][/nonsense] [link=https://example.com]free ISK[/link]",
    "\x1b[31mred\x1b[0m \x1b]0;your title\x07\x1b[2J",
    "<script>alert('o7')</script> & <b>bold</b>",
    '=HYPERLINK("https://example.com","free ISK")',
    "+1+1 @SUM(1)",
    "cheap \u202eerawton\u202c ship",
    "🚀🛰️ 👩‍🚀 𝕹𝖊𝖜 𝕰𝖉𝖊𝖓 💰",
    "極" * 20 + "安" * 20,
    "two\nlines\tand a tab",
    "Zażółć gęślą jaźń — Ünïcödé",
    "e\u0301\u0301\u0301 z\u0335\u0321a\u0334l\u0337go \u200bzero\u200dwidth",
)

_PLAIN: tuple[str, ...] = (
    "WTS cheap",
    "Ship fitted, ready to fly",
    "BPC pack 10/20",
    "moving sale",
    "For Tauren",
    "PVP fit",
    "Jita price -10%",
    "Bulk minerals",
    "Corp buyback",
    "blueprints, researched",
    "Please read the description",
    "Lot 7",
    "Hauling Jita > Amarr, 3 days",
    "o7",
    "Quick sale",
)

_UNTITLED, _HARMLESS = 0.62, 0.975


def title(chance: Random) -> str:
    """Most contracts have none, which ESI sends as ""."""
    share = chance.random()
    if share < _UNTITLED:
        return ""
    return chance.choice(_PLAIN if share < _HARMLESS else HOSTILE)
