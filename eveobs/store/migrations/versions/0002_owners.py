"""Owners: whose record changed, and which structures refused whom."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.String(20)


def upgrade() -> None:
    """Add a column that is empty for what has no owner, and a table."""
    op.add_column("changes", sa.Column("owner", LONG, nullable=True))
    op.create_table(
        "refusals",
        sa.Column("character_id", LONG, autoincrement=False, nullable=False),
        sa.Column("subject", LONG, autoincrement=False, nullable=False),
        sa.Column("refused_at", TIME, nullable=False),
        sa.Column("until", TIME, nullable=False),
        sa.Column("times", LONG, nullable=False),
        sa.PrimaryKeyConstraint("character_id", "subject"),
    )
