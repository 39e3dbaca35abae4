"""What leaves eveobs on stdout: tables and cards for people, JSON, NDJSON and CSV for programs."""

from __future__ import annotations

from eveobs.cli.output.write import Format, write_record, write_rows

__all__ = ["Format", "write_record", "write_rows"]
