"""The answer to a Tab."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence

VARIABLE = "_EVEOBS_COMPLETE"


def complete(environ: Mapping[str, str], words: Sequence[str]) -> str:
    """What the shell that `environ` names wants to hear for `words`. Whatever is wrong, it is
    nothing: a Tab is no place for an error.
    """
    from functools import partial
    from pathlib import Path

    from eveobs.cli.completing.keeping import kept
    from eveobs.cli.completing.known import values
    from eveobs.cli.completing.shells import SHELLS, answer, words_of
    from eveobs.cli.completing.words import candidates

    shell = environ[VARIABLE]
    if shell not in SHELLS:
        return ""
    try:
        tree, store = kept(environ, Path.cwd())
        found = candidates(tree, words_of(shell, words), partial(values, store=store))
    except Exception:  # noqa: BLE001 - as said above
        return ""
    return answer(shell, words, found)


def answered() -> bool:
    """Whether a shell asked; it has its answer then, as UTF-8 whatever the locale."""
    if VARIABLE not in os.environ:
        return False
    text = complete(os.environ, sys.argv[1:])
    sys.stdout.buffer.write(text.encode("utf-8", "replace"))
    return True
