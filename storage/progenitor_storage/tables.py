"""The tables. Migrations make them; this is what statements are built from."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    and_,
    false,
    not_,
    true,
)
from sqlalchemy.types import UserDefinedType

REVISION = "0003"
"""The newest migration."""


class UntypedReal(UserDefinedType[float]):
    """A SQLite column without affinity: one of REAL affinity turns -0.0 into 0 on disk."""

    cache_ok = True

    def get_col_spec(self, **_options: Any) -> str:
        return "BLOB"


def big() -> BigInteger:
    return BigInteger()


def row_key() -> BigInteger:
    # SQLite's own row number has to be an INTEGER.
    return BigInteger().with_variant(Integer(), "sqlite")


def exact() -> Double[float]:
    return Double().with_variant(UntypedReal(), "sqlite")


def ordered() -> Text:
    """Text that is sorted by bytes everywhere, whatever the language of the server is."""
    return Text().with_variant(Text(collation="C"), "postgresql")


def of_study(**options: Any) -> Column[int]:
    return Column("study", big(), ForeignKey("studies.key", ondelete="CASCADE"), **options)


metadata = MetaData()

studies = Table(
    "studies",
    metadata,
    Column("key", row_key(), primary_key=True),
    Column("name", ordered(), nullable=False, unique=True),
    Column("uid", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("state_message", Text, nullable=False),
    Column("labels", Text, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("create_time", Double, nullable=False),
    Column("update_time", Double, nullable=False),
    Column("paused_at", Double, nullable=False),
    Column("ended_at", Double, nullable=False),
    Column("paused_total", Double, nullable=False),
    Column("trials", big(), nullable=False),
    Column("members", big(), nullable=False),
    Column("change", big(), nullable=False),
    Column("counts", Text, nullable=False),
    Column("total_steps", big(), nullable=False),
    Column("worked", Double, nullable=False),
    Column("lost", Double, nullable=False),
    Column("best_first_metric", Text),
)

# Apart from the counters: SQLite rewrites the whole row with every change, and a specification may be large.
specs = Table(
    "specs",
    metadata,
    Column(
        "study",
        row_key(),
        ForeignKey(studies.c.key, ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("spec", LargeBinary, nullable=False),
    Column("effective_spec", LargeBinary, nullable=False),
)

trials = Table(
    "trials",
    metadata,
    of_study(primary_key=True),
    Column("number", big(), primary_key=True),
    Column("change", big(), nullable=False),
    Column("member", big(), nullable=False),
    Column("generation", big(), nullable=False),
    Column("state", Text, nullable=False),
    Column("final", Boolean, nullable=False),
    Column("usable", Boolean, nullable=False),
    Column("parent", big()),
    Column("initiator", big()),
    Column("opponent", big()),
    Column("parameters", Text, nullable=False),
    Column("seed", big(), nullable=False),
    Column("start_step", big(), nullable=False),
    Column("end_step", big(), nullable=False),
    Column("step", big(), nullable=False),
    Column("warm_start", Text),
    Column("measurement", Text),
    Column("checkpoint", Text),
    Column("fitness", exact()),
    Column("epoch", big(), nullable=False),
    Column("lease_worker", Text),
    Column("lease_expires", Double),
    Column("worker", Text),
    Column("failures", big(), nullable=False),
    Column("preemptions", big(), nullable=False),
    Column("lost_in_row", big(), nullable=False),
    Column("failure_message", Text, nullable=False),
    Column("stop_cause", Text, nullable=False),
    Column("timing", Text, nullable=False),
    Column("unsaved", Double, nullable=False),
    Column("contact", Double, nullable=False),
    Column("create_time", Double, nullable=False),
    Column("start_time", Double, nullable=False),
    Column("end_time", Double, nullable=False),
    Column("second_parent", big()),
    Column("replays", Text, nullable=False, server_default=""),
    Column("replayed_digest", Text, nullable=False, server_default=""),
    Column("front", Boolean, nullable=False, server_default=false()),
    Column("peak", Text),
)


def index(name: str, *columns: Any, unique: bool = False, where: Any = None) -> None:
    Index(name, *columns, unique=unique, sqlite_where=where, postgresql_where=where)


t = trials.c
index("trials_place", t.study, t.member, t.generation, unique=True)
index("trials_initiator", t.study, t.initiator, unique=True, where=t.initiator.is_not(None))
index("trials_parent", t.study, t.parent, where=t.parent.is_not(None))
index("trials_state", t.study, t.state, t.number)
index("trials_change", t.study, t.change, unique=True)
index("trials_open", t.study, t.generation, where=not_(t.final))
index("trials_usable", t.study, t.generation, where=t.usable == true())
index("trials_best", t.study, t.fitness.desc(), t.number, where=t.usable == true())
index("trials_front", t.study, t.fitness.desc(), t.number, where=t.front == true())
index("trials_holder", t.study, t.lease_worker, where=t.lease_worker.is_not(None))
index("trials_expiry", t.study, t.lease_expires, where=t.lease_expires.is_not(None))

members = Table(
    "members",
    metadata,
    of_study(primary_key=True),
    Column("member", big(), primary_key=True),
    Column("newest", big(), nullable=False),
    Column("generation", big(), nullable=False),
    Column("final", Boolean, nullable=False),
    Column("reached", big(), nullable=False),
    Column("due", big(), nullable=False),
    Column("fallbacks", big(), nullable=False),
    Column("closed", Boolean, nullable=False),
    Column("newest_final", big()),
    Column("newest_usable", big()),
    sqlite_with_rowid=False,
)

m = members.c
# By the step reached: those that have all their steps are many in the end, those that are due are few.
index("members_due", m.study, m.reached, m.due, where=and_(m.final, not_(m.closed)))
index("members_closed", m.study, m.closed)
index("members_newest_final", m.study, m.newest_final)

measurements = Table(
    "measurements",
    metadata,
    of_study(primary_key=True),
    Column("trial", big(), primary_key=True),
    Column("step", big(), primary_key=True),
    Column("epoch", big(), primary_key=True),
    Column("metrics", Text, nullable=False),
    Column("elapsed", Double, nullable=False),
    sqlite_with_rowid=False,
)

checkpoints = Table(
    "checkpoints",
    metadata,
    of_study(primary_key=True),
    Column("trial", big(), primary_key=True),
    Column("epoch", big(), primary_key=True),
    Column("step", big(), primary_key=True),
    Column("uri", ordered(), primary_key=True),
    Column("size", big(), nullable=False),
    Column("digest", Text, nullable=False),
    Column("deleted", Boolean, nullable=False),
    Column("pinned", Boolean, nullable=False),
    sqlite_with_rowid=False,
)

index("checkpoints_uri", checkpoints.c.study, checkpoints.c.uri, unique=True)

workers = Table(
    "workers",
    metadata,
    of_study(primary_key=True),
    Column("id", ordered(), primary_key=True),
    Column("host", Text, nullable=False),
    Column("code_digest", Text, nullable=False),
    Column("versions", Text, nullable=False),
    Column("incarnation", big(), nullable=False),
    Column("last_contact", Double, nullable=False),
    Column("sequence", big(), nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("answer", LargeBinary, nullable=False),
    Column("complete", Boolean, nullable=False, server_default=true()),
)
