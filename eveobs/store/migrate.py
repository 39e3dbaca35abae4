"""Bringing the tables to the version this eveobs writes. Alembic is loaded only when needed."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from eveobs.errors import ConfigError
from eveobs.store.engine import writing
from eveobs.store.tables import METADATA

REVISIONS = ("0001", "0002")
"""Every released schema, oldest first."""
FOLDER = Path(__file__).parent / "migrations"


def migrate(engine: Engine) -> None:
    """Create or upgrade the tables. Raises ConfigError for a store of a newer version."""
    with engine.connect() as connection:
        version = current(connection)
    if version == REVISIONS[-1]:
        return
    if version is not None and version not in REVISIONS:
        raise ConfigError(
            f"the store was written by a newer eveobs (schema {version}, "
            f"this one knows {REVISIONS[-1]})",
            hint="Update eveobs, or point store.url to another database. Nothing was changed.",
        )
    with writing(engine) as connection:
        if current(connection) != REVISIONS[-1]:  # another process may have been faster
            _upgrade(connection)


def current(connection: Connection) -> str | None:
    """The version of the tables; None for a database without any."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(
        text("SELECT version_num FROM alembic_version")
    ).scalar_one_or_none()
    return found


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def add_missing_tables(engine: Engine, names: set[str]) -> None:
    """Create those of `names` that are not there: tables of processors from other packages."""
    with engine.connect() as connection:
        missing = names - set(inspect(connection).get_table_names())
    if missing:
        with writing(engine) as connection:  # which looks again, now that nobody else writes
            METADATA.create_all(
                connection, tables=[METADATA.tables[name] for name in sorted(missing)]
            )
