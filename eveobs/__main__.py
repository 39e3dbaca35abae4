"""The program: `eveobs`, or `python -m eveobs`."""

from __future__ import annotations


def main() -> None:
    """Run the command line and exit with its code."""
    try:
        from eveobs.cli.completing.complete import answered

        if answered():  # a shell asked, and should not wait for Typer
            return
        from eveobs.cli.endings import heed_termination, open_closed_streams

        open_closed_streams()
        heed_termination()
        from eveobs.cli.app import app

        app(prog_name="eveobs")
    except KeyboardInterrupt:  # before there was a command to be interrupted
        from eveobs.cli.endings import interruption

        raise SystemExit(interruption()) from None


if __name__ == "__main__":
    main()
