"""What players typed, made fit for chats: nothing in it addresses, links, formats or hides.

Chats differ in what they obey, so each character that any of them gives a meaning is replaced by
one that looks alike or says the same; what is left reads the same everywhere, also where a chat
unescapes or converts it once more. Sources: the formatting pages of Slack (`<!channel>`, `<@U…>`,
`<#C…>`, `<url|text>`), Discord (`@everyone`, `@here`, `<@&role>`, `||spoiler||`, masked links),
Mattermost (`@all`, `@channel`), Matrix (`@room`), Rocket.Chat, Webex and Telegram (HTML,
MarkdownV2, `tg://`); and the Slack plugin of Apprise 2.3, which makes a mention of
`&lt;!channel&gt;`, too.
"""

from __future__ import annotations

import re

from eveobs.publish.text import readable

_REPLACED = str.maketrans(
    {
        "<": "\u2039",
        ">": "\u203a",
        "[": "(",
        "]": ")",
        "`": "'",
        "\\": "/",
        "@": "(at)",
        # Forms of the same characters that a service may normalise (NFKC) before it looks.
        "\uff20": "(at)",
        "\ufe6b": "(at)",
        "\uff1c": "\u2039",
        "\ufe64": "\u2039",
        "\uff1e": "\u203a",
        "\ufe65": "\u203a",
        "\uff3b": "(",
        "\uff3d": ")",
        "\uff40": "'",
        "\uff1a": ":",
        "\ufe55": ":",
        "\ufe13": ":",
        "\uff0f": "/",
        "\uff0e": ".",
        "\u3002": ".",
        "\uff61": ".",
    }
)
_ENTITY = re.compile(r"&(?=#?\w+;?)")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(?=//|[^\s/]*\?)|\b(mailto|tel|javascript|data):")
_DOMAIN = re.compile(r"(?<=\w)\.(?=[^\W\d_]{2})")
"""A dot as in `evil.example`: Slack and Telegram make a link of it without any scheme."""
_RUNS = re.compile(r"([*_~|])\1+")


def neutral(text: str) -> str:
    """`text` on one line, as no chat obeys it."""
    text = _ENTITY.sub("& ", readable(text))
    text = text.translate(_REPLACED)
    text = _SCHEME.sub(lambda found: f"{found[1] or found[2]}: ", text)
    text = _DOMAIN.sub(". ", text)
    return _RUNS.sub(lambda found: " ".join(found[0]), text)
