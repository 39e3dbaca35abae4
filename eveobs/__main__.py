"""The program: `eveobs`, or `python -m eveobs`."""

from __future__ import annotations


def main() -> None:
    """Run the command line and exit with its code."""
    try:
        from eveobs.cli.completing.complete import answered

        if answered():  # a shell asked, and should not wait for Typer
            return
        from eveobs.cli.endings import heed_termination, no_tracebacks, open_closed_streams

        open_closed_streams()
        heed_termination()
        no_tracebacks()
        from eveobs.cli.app import app

        app(prog_name="eveobs")
    except KeyboardInterrupt:  # before there was a command to be interrupted
        from eveobs.cli.endings import interruption

        raise SystemExit(interruption()) from None
    except Exception as error:  # noqa: BLE001 - before there was a command, or after it
        raise SystemExit(_unforeseen(error)) from None


def _unforeseen(error: Exception) -> int:
    """Say that there is a defect, also where nothing of eveobs can be loaded."""
    try:
        from eveobs.cli.endings import unforeseen

        return unforeseen(error)
    except Exception:  # noqa: BLE001 - a broken installation
        import sys

        words = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        sys.stderr.write(
            f"error: internal error: {words}\n"
            "hint: A package that eveobs needs cannot be loaded; install eveobs again.\n"
        )
        return 1


if __name__ == "__main__":
    main()
