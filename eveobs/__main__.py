"""The program: `eveobs`, or `python -m eveobs`."""

from __future__ import annotations


def main() -> None:
    """Run the command line and exit with its code."""
    try:
        from eveobs.cli.endings import heed_termination, open_closed_streams

        open_closed_streams()
        heed_termination()
        from eveobs.cli.app import app
    except KeyboardInterrupt:  # before there is a command that could be interrupted
        raise SystemExit(130) from None
    app(prog_name="eveobs")


if __name__ == "__main__":
    main()
