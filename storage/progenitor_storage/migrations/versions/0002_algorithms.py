"""What more algorithms store: second parents, replays, fronts, and calls that wait for a slow decision.

Every new column has a default, so that a controller of the release before goes on beside this one's.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("trials", sa.Column("second_parent", sa.BigInteger()))
    op.add_column("trials", sa.Column("replays", sa.Text(), nullable=False, server_default=""))
    op.add_column("trials", sa.Column("replayed_digest", sa.Text(), nullable=False, server_default=""))
    op.add_column("trials", sa.Column("front", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("workers", sa.Column("complete", sa.Boolean(), nullable=False, server_default=sa.true()))
    front = sa.column("front", sa.Boolean()) == sa.true()
    op.create_index(
        "trials_front",
        "trials",
        ["study", sa.text("fitness DESC"), "number"],
        sqlite_where=front,
        postgresql_where=front,
    )
