"""The first tables."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from progenitor_storage.tables import UntypedReal

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_EXACT: sa.Double[float] = sa.Double().with_variant(UntypedReal(), "sqlite")
_ORDERED = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def _of_study() -> sa.ForeignKey:
    return sa.ForeignKey("studies.key", ondelete="CASCADE")


def _flag(name: str) -> sa.ColumnElement[bool]:
    return sa.column(name, sa.Boolean())


def _index(
    name: str,
    table: str,
    columns: Sequence[Any],
    *,
    unique: bool = False,
    where: sa.ColumnElement[bool] | None = None,
) -> None:
    op.create_index(name, table, columns, unique=unique, sqlite_where=where, postgresql_where=where)


def upgrade() -> None:
    op.create_table(
        "studies",
        sa.Column("key", _KEY, primary_key=True),
        sa.Column("name", _ORDERED, nullable=False, unique=True),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("state_message", sa.Text(), nullable=False),
        sa.Column("labels", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("create_time", sa.Double(), nullable=False),
        sa.Column("update_time", sa.Double(), nullable=False),
        sa.Column("paused_at", sa.Double(), nullable=False),
        sa.Column("ended_at", sa.Double(), nullable=False),
        sa.Column("paused_total", sa.Double(), nullable=False),
        sa.Column("trials", sa.BigInteger(), nullable=False),
        sa.Column("members", sa.BigInteger(), nullable=False),
        sa.Column("change", sa.BigInteger(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("total_steps", sa.BigInteger(), nullable=False),
        sa.Column("worked", sa.Double(), nullable=False),
        sa.Column("lost", sa.Double(), nullable=False),
        sa.Column("best_first_metric", sa.Text()),
    )
    op.create_table(
        "checkpoints",
        sa.Column("study", sa.BigInteger(), _of_study(), primary_key=True),
        sa.Column("trial", sa.BigInteger(), primary_key=True),
        sa.Column("epoch", sa.BigInteger(), primary_key=True),
        sa.Column("step", sa.BigInteger(), primary_key=True),
        sa.Column("uri", _ORDERED, primary_key=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("pinned", sa.Boolean(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "measurements",
        sa.Column("study", sa.BigInteger(), _of_study(), primary_key=True),
        sa.Column("trial", sa.BigInteger(), primary_key=True),
        sa.Column("step", sa.BigInteger(), primary_key=True),
        sa.Column("epoch", sa.BigInteger(), primary_key=True),
        sa.Column("metrics", sa.Text(), nullable=False),
        sa.Column("elapsed", sa.Double(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "members",
        sa.Column("study", sa.BigInteger(), _of_study(), primary_key=True),
        sa.Column("member", sa.BigInteger(), primary_key=True),
        sa.Column("newest", sa.BigInteger(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("final", sa.Boolean(), nullable=False),
        sa.Column("reached", sa.BigInteger(), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=False),
        sa.Column("fallbacks", sa.BigInteger(), nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.Column("newest_final", sa.BigInteger()),
        sa.Column("newest_usable", sa.BigInteger()),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "specs",
        sa.Column("study", _KEY, _of_study(), primary_key=True, autoincrement=False),
        sa.Column("spec", sa.LargeBinary(), nullable=False),
        sa.Column("effective_spec", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "trials",
        sa.Column("study", sa.BigInteger(), _of_study(), primary_key=True),
        sa.Column("number", sa.BigInteger(), primary_key=True),
        sa.Column("change", sa.BigInteger(), nullable=False),
        sa.Column("member", sa.BigInteger(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("final", sa.Boolean(), nullable=False),
        sa.Column("usable", sa.Boolean(), nullable=False),
        sa.Column("parent", sa.BigInteger()),
        sa.Column("initiator", sa.BigInteger()),
        sa.Column("opponent", sa.BigInteger()),
        sa.Column("parameters", sa.Text(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("start_step", sa.BigInteger(), nullable=False),
        sa.Column("end_step", sa.BigInteger(), nullable=False),
        sa.Column("step", sa.BigInteger(), nullable=False),
        sa.Column("warm_start", sa.Text()),
        sa.Column("measurement", sa.Text()),
        sa.Column("checkpoint", sa.Text()),
        sa.Column("fitness", _EXACT),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("lease_worker", sa.Text()),
        sa.Column("lease_expires", sa.Double()),
        sa.Column("worker", sa.Text()),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("preemptions", sa.BigInteger(), nullable=False),
        sa.Column("lost_in_row", sa.BigInteger(), nullable=False),
        sa.Column("failure_message", sa.Text(), nullable=False),
        sa.Column("stop_cause", sa.Text(), nullable=False),
        sa.Column("timing", sa.Text(), nullable=False),
        sa.Column("unsaved", sa.Double(), nullable=False),
        sa.Column("contact", sa.Double(), nullable=False),
        sa.Column("create_time", sa.Double(), nullable=False),
        sa.Column("start_time", sa.Double(), nullable=False),
        sa.Column("end_time", sa.Double(), nullable=False),
    )
    op.create_table(
        "workers",
        sa.Column("study", sa.BigInteger(), _of_study(), primary_key=True),
        sa.Column("id", _ORDERED, primary_key=True),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("code_digest", sa.Text(), nullable=False),
        sa.Column("versions", sa.Text(), nullable=False),
        sa.Column("incarnation", sa.BigInteger(), nullable=False),
        sa.Column("last_contact", sa.Double(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
    )
    _index("checkpoints_uri", "checkpoints", ["study", "uri"], unique=True)
    _index(
        "members_due",
        "members",
        ["study", "reached", "due"],
        where=sa.and_(_flag("final"), sa.not_(_flag("closed"))),
    )
    _index("members_closed", "members", ["study", "closed"])
    _index("members_newest_final", "members", ["study", "newest_final"])
    _index(
        "trials_best",
        "trials",
        ["study", sa.text("fitness DESC"), "number"],
        where=_flag("usable") == sa.true(),
    )
    _index("trials_change", "trials", ["study", "change"], unique=True)
    _index(
        "trials_expiry", "trials", ["study", "lease_expires"], where=sa.column("lease_expires").is_not(None)
    )
    _index("trials_holder", "trials", ["study", "lease_worker"], where=sa.column("lease_worker").is_not(None))
    _index(
        "trials_initiator",
        "trials",
        ["study", "initiator"],
        unique=True,
        where=sa.column("initiator").is_not(None),
    )
    _index("trials_open", "trials", ["study", "generation"], where=sa.not_(_flag("final")))
    _index("trials_parent", "trials", ["study", "parent"], where=sa.column("parent").is_not(None))
    _index("trials_place", "trials", ["study", "member", "generation"], unique=True)
    _index("trials_state", "trials", ["study", "state", "number"])
    _index("trials_usable", "trials", ["study", "generation"], where=_flag("usable") == sa.true())
