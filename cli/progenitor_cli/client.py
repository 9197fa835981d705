"""A Python program's, a notebook's and the commands' way to ask controllers about studies."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from progenitor.v1 import trial_pb2
from progenitor_worker import Schedule

from .calls.names import resource_name, study_of, trial_resource_name
from .calls.study_calls import StudyCalls
from .calls.trial_watch import TrialWatch
from .errors import UsageError
from .export.frames import frame
from .export.schedule import schedule_of
from .export.study_tables import TABLES

if TYPE_CHECKING:
    import pandas as pd


class Client(StudyCalls):
    """Asks the controllers at some addresses: its calls, and what is made of several of them."""

    def to_dataframe(
        self, study: str, what: Literal["trials", "measurements", "schedules"] = "trials"
    ) -> "pd.DataFrame":
        """The tables that `progenitor export` writes: a row for each trial, or for each metric at each step, or for
        each stretch of the lineages of each member's newest completed trial and of the best one.

        Columns are `parameter.NAME` and `metric.NAME` besides those that say which trial it is. Raises DataMissing
        without pandas.
        """
        if what not in TABLES:
            raise UsageError(f"There is no table {what!r}: say {', '.join(map(repr, TABLES))}.")
        return frame(TABLES[what](self, self.get_study(study)))

    def schedule(self, trial: str) -> Schedule:
        """The sessions along a trial's lineage, which `run_schedule` trains as one long run."""
        study = self.get_study(study_of(trial_resource_name(trial)))
        return schedule_of(study, tuple(self.list_lineage(trial)))

    def watch_trials(self, study: str) -> Iterator[trial_pb2.Trial]:
        """Each trial that there is and each that changes, in its newest state, until the study has ended.

        A controller that goes away is waited for, a minute at most.
        """
        return TrialWatch(resource_name(study)).trials(self)
