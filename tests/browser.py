"""Pages as a browser shows them: Debian's Chromium, headless, without a way to any other machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.conftest import missing

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, BROWSERS)), None)
OFFLINE = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--hide-scrollbars", "--virtual-time-budget=6000"),
)
KEPT = os.environ.get("EVEOBS_SCREENSHOTS")  # read now: each test has an environment of its own
PHONE = 390
"""CSS pixels; a window of headless Chromium is never less than 500 wide, so a frame stands in."""


def browse(address: str, *options: str) -> str:
    """What Chromium prints; with --dump-dom the document after its scripts have run."""
    if not CHROMIUM:
        missing("there is no chromium")
    with tempfile.TemporaryDirectory() as profile:
        command = [CHROMIUM, *OFFLINE, f"--user-data-dir={profile}", *options, address]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=90)
    return done.stdout


def screenshot(
    address: str, name: str, folder: Path, *, width: int = 1100, height: int = 1200
) -> Path:
    """A picture of the page, kept in EVEOBS_SCREENSHOTS or else in `folder`."""
    shots = Path(KEPT or folder)
    shots.mkdir(parents=True, exist_ok=True)
    shot = shots / f"{name}-{width}.png"
    if width < 500:
        frame = folder / f"{name}.html"
        frame.write_text(
            f'<body style="margin:0"><iframe src="{address}" width="{width}" height="{height}" style="border:0">'
        )
        address = frame.as_uri()
    browse(address, f"--screenshot={shot}", f"--window-size={max(width, 500)},{height}")
    assert shot.read_bytes().startswith(b"\x89PNG")
    return shot
