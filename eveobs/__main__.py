"""The program: `eveobs`, or `python -m eveobs`."""

from __future__ import annotations


def main() -> None:
    """Run the command line and exit with its code."""
    from eveobs.cli.app import app
    from eveobs.cli.endings import heed_termination

    heed_termination()
    app(prog_name="eveobs")


if __name__ == "__main__":
    main()
