"""What people ask of a study: each function reads one page in one snapshot."""

from collections.abc import Callable
from dataclasses import dataclass

from progenitor.v1 import study_service_pb2 as pb
from progenitor.v1 import trial_pb2
from progenitor_storage import Snapshot
from progenitor_storage.model.study import Member, Study, WorkerStatus
from progenitor_storage.model.trial import Checkpoint, Measurement, Trial, TrialState

from .front import best
from .life import as_seen
from .wire.decode import effective
from .wire.pages import Key, Page, cut
from .wire.studies import study_to_wire
from .wire.trials import measurement_to_wire, trial_checkpoint_to_wire, trial_to_wire, worker_status_to_wire


@dataclass(frozen=True, slots=True)
class ListCall:
    """`trial` where the list is of a trial's, `states` where it is of trials in some states (empty: all)."""

    study: str
    page: Page
    trial: int = 0
    states: frozenset[TrialState] = frozenset()


@dataclass(frozen=True, slots=True)
class TrialCall:
    study: str
    trial: int


def get_trial(tx: Snapshot, call: TrialCall) -> pb.GetTrialResponse:
    study = tx.studies.get(call.study)
    return pb.GetTrialResponse(trial=shown(tx, study)(tx.trials.get(study, call.trial)))


def list_studies(tx: Snapshot, call: ListCall) -> pb.ListStudiesResponse:
    """By name."""
    found = tx.studies.page(str(call.page.after[0]), call.page.limit + 1)
    studies, token = cut(call.page, found, study_to_wire, lambda study: (study.name,))
    return pb.ListStudiesResponse(studies=studies, next_page_token=token)


def list_trials(tx: Snapshot, call: ListCall) -> pb.ListTrialsResponse:
    """By number, in the states that they are shown in."""
    study = tx.studies.get(call.study)
    stored = call.states | {state for state in TrialState if state.held} if call.states else call.states
    found = tx.trials.page(study, stored, int(call.page.after[0]), call.page.limit + 1)
    show = shown(tx, study)

    def render(trial: Trial) -> trial_pb2.Trial | None:
        return show(trial) if not call.states or as_seen(trial, tx.now).state in call.states else None

    trials, token = cut(call.page, found, render, by_number)
    return pb.ListTrialsResponse(trials=trials, next_page_token=token)


def list_population(tx: Snapshot, call: ListCall) -> pb.ListPopulationResponse:
    """The newest trial of each member, by member."""
    study = tx.studies.get(call.study)
    members = tx.members.page(study, int(call.page.after[0]), call.page.limit + 1)
    trials = tx.trials.find(study, [member.newest for member in members])
    show = shown(tx, study)

    def render(member: Member) -> trial_pb2.Trial:
        return show(trials[member.newest])

    rendered, token = cut(call.page, members, render, lambda member: (member.member,))
    return pb.ListPopulationResponse(trials=rendered, next_page_token=token)


def list_best(tx: Snapshot, call: ListCall) -> pb.ListBestTrialsResponse:
    """Completed trials of finite fitness, the fittest first; of several objectives those that none dominates."""
    study = tx.studies.get(call.study)
    fitness, number = call.page.after
    after = (float(fitness), int(number)) if number else None
    found = best(tx, study, effective(study.effective_spec), after, call.page.limit + 1)
    trials, token = cut(call.page, found, shown(tx, study), by_fitness)
    return pb.ListBestTrialsResponse(trials=trials, next_page_token=token)


def list_lineage(tx: Snapshot, call: ListCall) -> pb.ListLineageResponse:
    """From the first ancestor to the trial itself."""
    study = tx.studies.get(call.study)
    tx.trials.get(study, call.trial)
    found = tx.trials.lineage(study, call.trial, int(call.page.after[0]), call.page.limit + 1)
    trials, token = cut(call.page, found, shown(tx, study), by_number)
    return pb.ListLineageResponse(trials=trials, next_page_token=token)


def list_measurements(tx: Snapshot, call: ListCall) -> pb.ListMeasurementsResponse:
    """By step."""
    study = tx.studies.get(call.study)
    tx.trials.get(study, call.trial)
    found = tx.measurements.page(study, call.trial, int(call.page.after[0]), call.page.limit + 1)

    def key(measurement: Measurement) -> Key:
        return (measurement.step,)

    measurements, token = cut(call.page, found, measurement_to_wire, key)
    return pb.ListMeasurementsResponse(measurements=measurements, next_page_token=token)


def list_checkpoints(tx: Snapshot, call: ListCall) -> pb.ListCheckpointsResponse:
    """By trial, epoch and step."""
    study = tx.studies.get(call.study)
    trial, epoch, step, uri = call.page.after
    after = (int(trial), int(epoch), int(step), str(uri))
    found = tx.checkpoints.page(study, after, call.page.limit + 1)

    def render(entry: tuple[int, int, Checkpoint]) -> pb.TrialCheckpoint:
        return trial_checkpoint_to_wire(study.name, *entry)

    def key(entry: tuple[int, int, Checkpoint]) -> Key:
        number, its_epoch, checkpoint = entry
        return (number, its_epoch, checkpoint.step, checkpoint.uri)

    checkpoints, token = cut(call.page, found, render, key)
    return pb.ListCheckpointsResponse(checkpoints=checkpoints, next_page_token=token)


def list_workers(tx: Snapshot, call: ListCall) -> pb.ListWorkersResponse:
    """The last heard first."""
    study = tx.studies.get(call.study)
    contact, worker = call.page.after
    after = (float(contact), str(worker)) if worker else None
    found = tx.workers.page(study, after, call.page.limit + 1)

    def render(status: WorkerStatus) -> pb.WorkerStatus:
        return worker_status_to_wire(study.name, status, tx.now)

    def key(status: WorkerStatus) -> Key:
        return (status.last_contact, status.worker.id)

    workers, token = cut(call.page, found, render, key)
    return pb.ListWorkersResponse(workers=workers, next_page_token=token)


def shown(tx: Snapshot, study: Study) -> Callable[[Trial], trial_pb2.Trial]:
    now = tx.now
    return lambda trial: trial_to_wire(study.name, study.uid, trial, now)


def by_number(trial: Trial) -> Key:
    return (trial.number,)


def by_fitness(trial: Trial) -> Key:
    if trial.fitness is None:
        raise ValueError(f"trial {trial.number} is not ranked: it has no fitness")
    return (trial.fitness, trial.number)
