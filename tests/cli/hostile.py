"""Texts that a stranger might type to break a terminal, a spreadsheet, a parser or a page.

Grouped by what they attack. Characters that cannot be seen are written as escapes. `FORBIDDEN` is
what must never reach a terminal; it is spelt out here on its own, not taken from the code.
"""

from __future__ import annotations

ESC, CSI8, OSC8, DCS8, ST8 = "\x1b", "\x9b", "\x9d", "\x90", "\x9c"

_ANSI_BODIES = [
    "[31mred", "[0m", "[1;5;7mblink", "[38;2;255;0;0mtrue", "[48;5;196mback", "[8mhidden",
    "[2J", "[3J", "[H", "[1;1Hhome", "[99;99H", "[5A", "[5B", "[50C", "[50D", "[1G", "[2K", "[K",
    "[1L", "[1M", "[10P", "[10@", "[S", "[T", "[s", "[u", "[6n", "[c", "[>c", "[?25l",
    "[?1049h", "[?1000h", "[?1003h", "[?2004h", "[?5h", "[4h", "[20h", "[1;3r", "[!p", "[2 q",
    "[14t", "[21t", "[8;5;20t", "[9;1t", "[0i", "[4i",
    "7", "8", "c", "D", "E", "M", "H", "#8", "(0lqqk", ")B", "%G", "=", ">", "N", "O", "Z", "~",
]  # fmt: skip
_OSC_BODIES = [
    "0;pwned", "1;pwned", "2;pwned", "4;1;red", "4;1;?", "7;file:///etc", "8;;http://evil.example",
    "9;4;1;50", "10;?", "11;red", "12;red", "50;fixed", "52;c;cHduZWQ=", "52;c;?", "104",
    "133;A", "777;notify;a;b", "1337;File=inline=1:AAAA", "1337;SetMark", "3;A=B",
]  # fmt: skip
_DCS = ["$q q", "+q544e", "tmux;x", "1;1|17/17", "q#0;2;0;0;0"]

_FORMULAS = [
    "=1+1", "+1+1", "-1+1", "@SUM(A1)", "=cmd|' /C calc'!A0", '=HYPERLINK("http://x","y")',
    "=IMPORTXML(A1)", "+cmd|'/c x'!A1", "-2+3+cmd|' /C calc'!A0", "@cmd", "\t=1+1", "\r=1+1",
    "\n=1+1", "  =1+1", "\u00a0=1+1", "\u3000=1+1", "\uff1d1+1", "\uff0b1", "\uff0d1", "\uff20SUM",
    "\u200b=1+1", "\ufeff=1+1", "\x00=1+1", "\u202e=1+1", '"=1+1"', '" =1+1', "a;=1+1", "a; @x",
    'a;"=1+1', ";=1", "=", "+", "-", "@", "--", "'=1+1", "=1,2", '=1"2', "a\n=1+1", "a,=1+1",
]  # fmt: skip
_MARKUP = [
    "[red]sale[/red]", "[/]", "[bold", "[[", "[link=http://x]y[/link]", "\\[red]", "[@click=x]y",
    ":smile:", ":warning:", "[#ff0000]x", "[not a tag]", "[/red]", "[blink]x[/blink]",
    "<script>alert(1)</script>", "<b>bold</b>", "<img src=x onerror=alert(1)>", "&lt;b&gt;",
    '<font size="12" color="#bfffffff"><a href="showinfo:1377//95465499">x</a></font>',
    "<url=https://x.example>y</url>", "<color=0xffff0000>x", "<br>", "<loc>x</loc>", "]]>", "<!--",
    "{task.description}", "{0}", "%s%n", "${HOME}", "$(reboot)", "`reboot`", "{{ 7*7 }}", "\\u001b",
    "\\x1b[31m", "\\n", "\\", '"', "'", ",", ";", '","', '"a","b"', "a,b", "null", "true", "1e999",
    "'; DROP TABLE contracts; --", "../../etc/passwd", "-rf", "--help", "#N/A", "|", "a|b", "~",
]  # fmt: skip

_CONTROLS = [
    *(f"a{chr(code)}b" for code in [*range(0x20), 0x7F, *range(0x80, 0xA0)]),
    "\x08\x08\x08\x08over", "real\rfake", "line\nline", "line\r\nline", "\x07" * 50, "\t" * 20,
    "\x0e\x0f", "col\x0bumn", "page\x0cpage", "\n\n\n", " ", "", "   lead and trail   ",
]  # fmt: skip
_BIDI = [
    *(f"a{chr(code)}cba" for code in [0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F)]),
    *(f"a{chr(code)}cba" for code in range(0x2066, 0x206A)),
    "exe\u202egpj.scr", "\u202e", "\u2067\u2066" * 30, "\u05e9\u05dc\u05d5\u05dd",
    "\u0645\u0631\u062d\u0628\u0627 12", "abc \u05d0\u05d1 123 \u05d2\u05d3", "\u202d123\u202c",
]  # fmt: skip
_INVISIBLE = [
    *(f"pay{chr(code)}pal" for code in [0x00AD, 0x034F, 0x180E, *range(0x200B, 0x200E), 0xFEFF]),
    *(f"pay{chr(code)}pal" for code in [*range(0x2060, 0x2066), *range(0x206A, 0x2070)]),
    *(f"a{chr(code)}b" for code in [0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0]),
    *(f"a{chr(code)}b" for code in [0xFFF9, 0xFFFA, 0xFFFB, 0x1D173, 0x1D17A, 0x1BCA0, 0x13430]),
    *(f"a{chr(code)}b" for code in [0xE0001, 0xE0020, 0xE0061, 0xE007F, 0xE0100, 0xE01EF, 0xFE00]),
    "\u3164" * 20, "\u200b" * 1000, "hi" + "".join(chr(0xE0000 + ord(c)) for c in "ignore this"),
    "a\u2028b", "a\u2029b", *(f"a{chr(code)}b" for code in range(0x2000, 0x200B)),
    "a\u00a0b", "a\u1680b", "a\u202fb", "a\u205fb", "a\u3000b",
]  # fmt: skip
_BROKEN = [
    "\ud800", "\udfff", "a\ud83db", "\ude00\ud83d", "\ufffe", "\uffff", "\ufdd0", "\ufdef",
    "\U0001fffe", "\U0010ffff", "\ue000", "\uf8ff", "\U000f0000", "\U0010fffd", "\u0378",
    "\U000e0fff", "\ufffd", "\U0003ffff", "\u2065",
]  # fmt: skip
_MARKS = [
    "Z" + "\u0300\u0301\u0302\u0303\u0304" * 40, "a\u0300\u0316\u0489b", "\u0301", "\u0301\u0301x",
    " \u0301", "a \u0301b", "e\u0301",
    "\u0e01\u0e49\u0e49\u0e49\u0e49\u0e49", "a\u20dd\u20dd\u20e3",
    "\u0915\u094d\u0937\u093f", "\u1100" + "\u1161" * 50, "\u1100\u1161\u11a8" * 5, "\u1161",
    "x\u20d0" * 30, "\u0d4d" * 30, "a\u200d\u0301", "\u0f40" + "\u0f71\u0f72" * 20, "\u0903" * 9,
]  # fmt: skip
_WIDE = [
    "\U0001f680\U0001f680 cheap", "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\u2764\ufe0f",
    "\U0001f1e9\U0001f1ea", "\U0001f44d\U0001f3ff",
    "1\ufe0f\u20e3", "\U0001f3f4\U000e0067\U000e007f",
    "\u683c\u5b89\uff01\uff01\u6b8b\u308a\u308f\u305a\u304b",
    "\u4e2d" * 60, "\uac00\uac01", "\uff21",
    "\u0422\u041e\u041b\u042c\u041a\u041e", "\u00e9t\u00e9", "\ufdfd", "\U0001242b", "\uff71\uff9e",
    "\U00020000", "\U0001f600" * 50, "x" * 5000, "a b " * 500, "\u2588" * 60, "\u2500\u2502\u253c",
    "\u241b[31m", "\u2026", "\u2713", "\u00b3", "\u00d7", "\u02bc", "\u2019", "I\u0307", "\u212b",
]  # fmt: skip

KINDS: dict[str, list[str]] = {
    "ansi": [f"a{ESC}{body}z" for body in _ANSI_BODIES],
    "ansi in 8 bits": [f"a{CSI8}{body[1:]}z" for body in _ANSI_BODIES if body.startswith("[")],
    "osc": [f"a{ESC}]{body}\x07z" for body in _OSC_BODIES],
    "osc, string terminator": [f"a{ESC}]{body}{ESC}\\z" for body in _OSC_BODIES],
    "osc in 8 bits": [f"a{OSC8}{body}{ST8}z" for body in _OSC_BODIES],
    "dcs": [f"a{ESC}P{body}{ESC}\\z" for body in _DCS],
    "dcs in 8 bits": [f"a{DCS8}{body}{ST8}z" for body in _DCS],
    "unfinished": [f"a{opener}" for opener in (ESC, f"{ESC}[", f"{ESC}]0;", f"{ESC}P", f"{ESC}_")],
    "controls": _CONTROLS,
    "formulas": _FORMULAS,
    "markup": _MARKUP,
    "direction": _BIDI,
    "invisible": _INVISIBLE,
    "broken": _BROKEN,
    "marks": _MARKS,
    "wide": _WIDE,
}
ALL: list[str] = [text for texts in KINDS.values() for text in texts]

_FORBIDDEN_RANGES = [
    (0x00, 0x1F), (0x7F, 0x9F), (0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160),
    (0x17B4, 0x17B5), (0x180B, 0x180F), (0x2000, 0x200F), (0x2028, 0x202F), (0x205F, 0x206F),
    (0x3164, 0x3164), (0xD800, 0xF8FF), (0xFDD0, 0xFDEF), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0), (0xFFF0, 0xFFFB), (0xFFFE, 0xFFFF), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A),
    (0xE0000, 0x10FFFF),
]  # fmt: skip
FORBIDDEN = frozenset(
    chr(code) for first, last in _FORBIDDEN_RANGES for code in range(first, last + 1)
)


def leaked(printed: str) -> set[str]:
    """The forbidden characters in what was printed, line ends aside."""
    return {
        f"U+{ord(character):04X}" for character in set(printed) - {"\n"} if character in FORBIDDEN
    }
