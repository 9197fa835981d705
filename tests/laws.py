"""The laws that every study keeps, checked on what the controller tells and on the store's files."""

import hashlib
import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate
from pathlib import Path

import grpc

from progenitor.v1 import study_pb2, trial_pb2
from progenitor.v1 import study_service_pb2 as pb
from progenitor.v1.study_service_pb2_grpc import StudyServiceStub

FINAL = {
    trial_pb2.TRIAL_STATE_COMPLETED,
    trial_pb2.TRIAL_STATE_STOPPED,
    trial_pb2.TRIAL_STATE_FAILED,
    trial_pb2.TRIAL_STATE_CANCELLED,
}
SEARCHES = {
    "random_search",
    "grid_search",
    "hyperband",
    "gaussian_process_bandit",
    "covariance_matrix_adaptation",
}
"""Algorithms that never change the hyperparameters of a configuration."""


def number_of(name: str) -> int:
    return int(name.rpartition("/")[2])


def every_trial(studies: StudyServiceStub, study: str) -> list[trial_pb2.Trial]:
    found: list[trial_pb2.Trial] = []
    token = ""
    while True:
        page = studies.ListTrials(pb.ListTrialsRequest(study=study, page_size=1000, page_token=token))
        found += page.trials
        token = page.next_page_token
        if not token:
            return found


def every_checkpoint(studies: StudyServiceStub, study: str) -> list[pb.TrialCheckpoint]:
    found: list[pb.TrialCheckpoint] = []
    token = ""
    while True:
        page = studies.ListCheckpoints(
            pb.ListCheckpointsRequest(study=study, page_size=1000, page_token=token)
        )
        found += page.checkpoints
        token = page.next_page_token
        if not token:
            return found


def every_measurement(studies: StudyServiceStub, trial: str) -> list[trial_pb2.Measurement]:
    found: list[trial_pb2.Measurement] = []
    token = ""
    while True:
        page = studies.ListMeasurements(
            pb.ListMeasurementsRequest(trial=trial, page_size=1000, page_token=token)
        )
        found += page.measurements
        token = page.next_page_token
        if not token:
            return found


def check_study(channel: grpc.Channel, study: str, store: Path | None = None) -> list[trial_pb2.Trial]:
    """Asserts the laws of lineage and of counting on a study that has ended, and gives its trials."""
    studies = StudyServiceStub(channel)
    status = studies.GetStudyStatus(pb.GetStudyStatusRequest(name=study))
    spec = status.study.effective_spec
    trials = every_trial(studies, study)
    checkpoints = every_checkpoint(studies, study)
    assert [number_of(trial.name) for trial in trials] == list(range(1, len(trials) + 1)), (
        "numbers have no gaps"
    )
    assert all(trial.state in FINAL for trial in trials), "nothing is open in a study that has ended"
    check_counts(status, trials)
    check_children(spec, trials)
    by_name = {trial.name: trial for trial in trials}
    epochs = {entry.checkpoint.uri: entry.epoch for entry in checkpoints}
    own: dict[str, list[str]] = {}
    for entry in checkpoints:
        own.setdefault(entry.trial, []).append(entry.checkpoint.uri)
    for trial in trials:
        check_lineage(spec, trial, by_name.get(trial.parent), own.get(trial.name, []))
        check_parameters(spec, trial, by_name.get(trial.parent), by_name)
        check_sub_populations(spec, trial, by_name)
        check_completed(spec, trial, epochs.get(trial.checkpoint.uri, 0))
    if store is not None:
        for entry in checkpoints:
            assert digest(store / entry.checkpoint.uri) == entry.checkpoint.digest, entry.checkpoint.uri
    return trials


def check_counts(status: pb.GetStudyStatusResponse, trials: Iterable[trial_pb2.Trial]) -> None:
    counted = Counter(trial_pb2.TrialState.Name(trial.state) for trial in trials)
    assert {state: n for state, n in status.trial_counts.items() if n} == dict(counted)
    assert status.total_steps == sum(trial.step - trial.start_step for trial in trials)


def check_children(spec: study_pb2.StudySpec, trials: list[trial_pb2.Trial]) -> None:
    """One trial per place and generation, one child per initiator, a child wherever steps are left."""
    places = Counter((trial.member, trial.generation) for trial in trials)
    assert max(places.values()) == 1, "one trial per place and generation"
    initiated = Counter(trial.initiator for trial in trials if trial.initiator)
    assert not initiated or max(initiated.values()) == 1, "a final trial initiates at most one child"
    by_name = {trial.name: trial for trial in trials}
    for trial in trials:
        if trial.generation == 0:
            assert not trial.initiator
            continue
        initiator = by_name[trial.initiator]
        assert (initiator.member, initiator.generation + 1) == (trial.member, trial.generation)
    budget = spec.budget
    other_limits = (
        budget.max_trials
        or budget.max_total_steps
        or budget.HasField("target")
        or budget.max_duration.ToNanoseconds()
    )
    if other_limits or not budget.max_steps:
        return
    for trial in trials:
        if trial.state == trial_pb2.TRIAL_STATE_COMPLETED and is_fit(trial):
            goes_on = trial.end_step < budget.max_steps
            chosen = spec.WhichOneof("algorithm") == "hyperband"  # only the best of a rung
            assert trial.name in initiated or chosen or not goes_on, trial.name
            assert goes_on or trial.name not in initiated, trial.name


def is_fit(trial: trial_pb2.Trial) -> bool:
    return all(math.isfinite(value) for value in trial.measurement.metrics.values())


def check_lineage(
    spec: study_pb2.StudySpec, trial: trial_pb2.Trial, parent: trial_pb2.Trial | None, own: list[str]
) -> None:
    """It starts where its parent ended, from the checkpoint registered there, or from its own."""
    assert 0 < trial.end_step - trial.start_step <= steps_of(spec, trial.member)
    assert trial.end_step <= (spec.budget.max_steps or math.inf)
    assert trial.start_step <= trial.step <= trial.end_step
    start = trial.warm_start.uri
    if parent is None:
        given = {member.warm_start_uri for member in spec.initial_population} | {""}
        assert start in own or start in given
        assert start or trial.start_step == 0, "who starts later starts from something"
        return
    assert parent.state == trial_pb2.TRIAL_STATE_COMPLETED, "only a completed trial is a parent"
    assert trial.start_step == parent.end_step == parent.checkpoint.step, "steps join without gap or overlap"
    if start in own:
        assert trial.preemptions or trial.failures, (
            "only a trial that was interrupted starts from its own checkpoint"
        )
        assert trial.start_step <= trial.warm_start.step <= trial.end_step
    else:
        assert start == parent.checkpoint.uri
        assert trial.warm_start.digest == parent.checkpoint.digest


def check_parameters(
    spec: study_pb2.StudySpec,
    trial: trial_pb2.Trial,
    parent: trial_pb2.Trial | None,
    by_name: Mapping[str, trial_pb2.Trial],
) -> None:
    """Inside the domains; what is not mutated is the parent's, or the second parent's."""
    assert set(trial.parameters) == {parameter.name for parameter in spec.parameters}
    for parameter in spec.parameters:
        assert inside(parameter, trial.parameters[parameter.name]), (trial.name, parameter.name)
    second = by_name.get(trial.second_parent)
    if parent is None:
        assert second is None
        return
    if second is not None:
        assert second.name != parent.name, "nobody is crossed with itself"
        assert second.state == trial_pb2.TRIAL_STATE_COMPLETED
        assert is_fit(second)
    evolution = spec.population_based_training
    copies_only = evolution.exploration_scope == study_pb2.EXPLORATION_SCOPE_COPIES_ONLY
    unexplored = evolution.WhichOneof("exploration") == "no_exploration"
    untouched = (
        spec.WhichOneof("algorithm") in SEARCHES
        or (unexplored and evolution.inheritance == study_pb2.INHERITANCE_WEIGHTS_AND_PARAMETERS)
        or (copies_only and parent.name == trial.initiator)
    )
    for parameter in spec.parameters:
        sources = [parent] if second is None or parameter.immutable else [parent, second]
        if parameter.immutable or untouched:
            values = [source.parameters[parameter.name] for source in sources]
            assert trial.parameters[parameter.name] in values, (trial.name, parameter.name)


def check_sub_populations(
    spec: study_pb2.StudySpec, trial: trial_pb2.Trial, by_name: Mapping[str, trial_pb2.Trial]
) -> None:
    """A parent is of the member's own sub-population, or a migrant of the one before it; a second one of its own."""
    evolution = spec.population_based_training
    parts = evolution.sub_populations
    if not parts or not trial.initiator:
        return
    own = part_of(spec, trial.member)
    if trial.second_parent:
        assert part_of(spec, by_name[trial.second_parent].member) == own
    if not trial.parent or part_of(spec, by_name[trial.parent].member) == own:
        return
    assert part_of(spec, by_name[trial.parent].member) == (own - 1) % len(parts)
    assert trial.generation % evolution.migration_interval == 0, "of a generation that migrants come to"


def part_of(spec: study_pb2.StudySpec, member: int) -> int:
    """The place of its sub-population in the list."""
    parts = spec.population_based_training.sub_populations
    firsts = list(accumulate(part.size for part in parts))
    return bisect_right(firsts, member)


def steps_of(spec: study_pb2.StudySpec, member: int) -> int:
    if spec.WhichOneof("algorithm") == "hyperband":
        return spec.budget.max_steps  # its rungs are longer and longer
    parts = spec.population_based_training.sub_populations
    return parts[part_of(spec, member)].steps_per_trial if parts else spec.steps_per_trial


def inside(parameter: study_pb2.ParameterSpec, value: study_pb2.ParameterValue) -> bool:
    match parameter.WhichOneof("domain"):
        case "double_domain":
            return parameter.double_domain.min <= value.double_value <= parameter.double_domain.max
        case "integer_domain":
            return parameter.integer_domain.min <= value.integer_value <= parameter.integer_domain.max
        case "discrete_domain":
            return value.double_value in parameter.discrete_domain.values
        case _:
            return value.categorical_value in parameter.categorical_domain.values


def check_completed(spec: study_pb2.StudySpec, trial: trial_pb2.Trial, registered: int) -> None:
    """Checkpoint and metrics stand at the end step; `registered` is the epoch of the checkpoint."""
    if trial.state != trial_pb2.TRIAL_STATE_COMPLETED:
        return
    assert trial.checkpoint.step == trial.measurement.step == trial.step == trial.end_step
    assert trial.measurement.epoch >= registered, "what was measured is what was saved"
    assert {metric.name for metric in spec.metrics} <= set(trial.measurement.metrics)


def digest(folder: Path) -> str:
    """sha256 over each file's relative path, NUL, size, NUL, contents, in byte order of the paths."""
    found = hashlib.sha256()
    for name, path in sorted(files_of(folder)):
        contents = path.read_bytes()
        found.update(name + b"\0" + str(len(contents)).encode() + b"\0" + contents)
    return f"sha256:{found.hexdigest()}"


def files_of(folder: Path) -> Iterator[tuple[bytes, Path]]:
    for path in folder.rglob("*"):
        if path.is_file():
            yield path.relative_to(folder).as_posix().encode(), path
