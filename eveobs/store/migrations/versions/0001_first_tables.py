"""The first tables: observations and their changes, names, public contracts with items and bids."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.String(20)


def upgrade() -> None:
    """Create them all."""
    op.create_table(
        "answers",
        sa.Column("processor", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("parent", LONG, autoincrement=False, nullable=False),
        sa.Column("meaning", sa.Text(), nullable=False),
        sa.Column("asked_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("processor", "detail", "parent"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "changes",
        sa.Column("id", LONG, autoincrement=True, nullable=False),
        sa.Column("observation", LONG, nullable=False),
        sa.Column("processor", sa.Text(), nullable=False),
        sa.Column("key", LONG, nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("old", sa.Text(), nullable=True),
        sa.Column("new", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("changes_by_key", "changes", ["processor", "key"])
    op.create_table(
        "contract_bids",
        sa.Column("contract_id", LONG, autoincrement=False, nullable=False),
        sa.Column("bid_id", LONG, autoincrement=False, nullable=False),
        sa.Column("amount", sa.Double(), nullable=False),
        sa.Column("date_bid", TIME, nullable=False),
        sa.PrimaryKeyConstraint("contract_id", "bid_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "contract_items",
        sa.Column("contract_id", LONG, autoincrement=False, nullable=False),
        sa.Column("record_id", LONG, autoincrement=False, nullable=False),
        sa.Column("type_id", LONG, autoincrement=False, nullable=False),
        sa.Column("quantity", LONG, autoincrement=False, nullable=False),
        sa.Column("is_included", sa.Boolean(), nullable=False),
        sa.Column("item_id", LONG, nullable=True),
        sa.Column("is_blueprint_copy", sa.Boolean(), nullable=True),
        sa.Column("material_efficiency", LONG, nullable=True),
        sa.Column("time_efficiency", LONG, nullable=True),
        sa.Column("runs", LONG, nullable=True),
        sa.PrimaryKeyConstraint("contract_id", "record_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("contract_items_by_type_id", "contract_items", ["type_id"])
    op.create_table(
        "contracts",
        sa.Column("contract_id", LONG, autoincrement=False, nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("issuer_id", LONG, autoincrement=False, nullable=False),
        sa.Column("issuer_corporation_id", LONG, autoincrement=False, nullable=False),
        sa.Column("date_issued", TIME, nullable=False),
        sa.Column("date_expired", TIME, nullable=False),
        sa.Column("for_corporation", sa.Boolean(), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("price", sa.Double(), nullable=True),
        sa.Column("reward", sa.Double(), nullable=True),
        sa.Column("collateral", sa.Double(), nullable=True),
        sa.Column("buyout", sa.Double(), nullable=True),
        sa.Column("volume", sa.Double(), nullable=True),
        sa.Column("days_to_complete", LONG, nullable=True),
        sa.Column("start_location_id", LONG, nullable=True),
        sa.Column("end_location_id", LONG, nullable=True),
        sa.Column("region_id", LONG, nullable=False),
        sa.Column("first_seen", TIME, nullable=False),
        sa.Column("last_seen", TIME, nullable=False),
        sa.Column("changed_at", TIME, nullable=True),
        sa.Column("gone_at", TIME, nullable=True),
        sa.Column("gone_how", sa.Text(), nullable=True),
        sa.Column("first_observation", LONG, nullable=False),
        sa.Column("last_observation", LONG, nullable=False),
        sa.Column("changed_observation", LONG, nullable=True),
        sa.Column("gone_observation", LONG, nullable=True),
        sa.Column("row_hash", LONG, nullable=False),
        sa.PrimaryKeyConstraint("contract_id"),
    )
    op.create_index("contracts_by_subject", "contracts", ["region_id", "gone_at"])
    op.create_table(
        "names",
        sa.Column("id", LONG, autoincrement=False, nullable=False),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("asked_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("names_by_name", "names", ["name"])
    op.create_table(
        "observations",
        sa.Column("id", LONG, autoincrement=True, nullable=False),
        sa.Column("processor", sa.Text(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", LONG, nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("finished_at", TIME, nullable=False),
        sa.Column("moment", TIME, nullable=True),
        sa.Column("expires", TIME, nullable=True),
        sa.Column("fresh_until", TIME, nullable=True),
        sa.Column("pages", LONG, nullable=False),
        sa.Column("rows", LONG, nullable=False),
        sa.Column("new", LONG, nullable=False),
        sa.Column("changed", LONG, nullable=False),
        sa.Column("gone", LONG, nullable=False),
        sa.Column("requests", LONG, nullable=False),
        sa.Column("not_modified", LONG, nullable=False),
        sa.Column("cached", LONG, nullable=False),
        sa.Column("tokens", LONG, nullable=False),
        sa.Column("bytes", LONG, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "observations_by_subject", "observations", ["processor", "subject_kind", "subject_id", "id"]
    )
