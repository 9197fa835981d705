"""The best that a trial has measured, for stopping rules. A controller of the release before leaves it empty."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("trials", sa.Column("peak", sa.Text()))
