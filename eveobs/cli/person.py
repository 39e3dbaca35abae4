"""Who is at the keyboard."""

from __future__ import annotations

import os


def os_user() -> str:
    """The user that this process runs as, as the system knows it; no variable can feign it.

    A user without a name (in a container, say) is its number.
    """
    try:
        import pwd
    except ImportError:  # Windows
        return _windows_user()
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def _windows_user() -> str:
    try:
        return os.getlogin()
    except OSError:
        return "unknown"
