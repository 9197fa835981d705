"""Specifications of studies that `progenitor create` makes: a file's, or one that goes on from a trial."""

from dataclasses import dataclass
from pathlib import Path

from progenitor.v1 import study_pb2, trial_pb2
from progenitor_worker.places import places_of
from progenitor_worker.process import Program

from ..calls.names import id_from_name, short, study_of
from ..client import Client
from ..errors import UsageError
from .studies import Wish, free_id
from .training import loading, source_file, wish_of

FROM = "from"
"""The label of a study that goes on from another one's trial: STUDY-NUMBER."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What the command line says of a study otherwise than its file or its source; None: nothing."""

    single: bool
    max_steps: int | None
    steps_per_trial: int | None

    def applied(self, spec: study_pb2.StudySpec) -> study_pb2.StudySpec:
        changed = study_pb2.StudySpec()
        changed.CopyFrom(spec)
        if self.single:
            changed.population_based_training.CopyFrom(
                study_pb2.PopulationBasedTraining(
                    population_size=1,
                    no_selection=study_pb2.NoSelection(),
                    no_exploration=study_pb2.NoExploration(),
                )
            )
        if self.max_steps is not None:
            changed.budget.max_steps = self.max_steps
        if self.steps_per_trial is not None:
            changed.steps_per_trial = self.steps_per_trial
        return changed


def described(file: Path, logs: Path) -> Wish:
    """What the file asks for; raises UsageError with every mistake in it."""
    source = source_file(file)
    trainer = loading(Program(source), logs / "trainer-create.log")
    try:
        wish, _ = wish_of(trainer, source)
    finally:
        trainer.kill()
    return wish


def continued(
    client: Client, name: str, wish: Wish | None, changes: Changes, study_id: str | None
) -> study_pb2.Study:
    """A new study that begins where the trial called `name` ended: a file's if there is one, else as its own was."""
    trial = client.get_trial(name)
    source = client.get_study(study_of(name))
    if wish is None and source.spec.HasField("replay"):
        raise UsageError(
            f"{source.name} is a replay, which searches nothing: give the FILE of a study as well."
        )
    spec = going_on_from(trial, changes.applied(wish.spec if wish else source.spec))
    base = wish.study_id if wish else short(source.name)
    labels = {FROM: f"{short(source.name)}-{short(name)}"}
    study = client.create_study(id_from_name(study_id) if study_id else free_id(client, base), spec, labels)
    client.pin_checkpoint(source.name, trial.checkpoint.uri)
    return study


def going_on_from(trial: trial_pb2.Trial, spec: study_pb2.StudySpec) -> study_pb2.StudySpec:
    """Every member begins with the trial's checkpoint, and with those of its hyperparameters that the study has."""
    checkpoint = trial.checkpoint
    if not checkpoint.uri or checkpoint.deleted:
        raise UsageError(f"{trial.name} has no checkpoint to go on from.")
    if 0 < spec.budget.max_steps <= checkpoint.step:
        raise UsageError(
            f"{trial.name} has been trained to step {checkpoint.step} already, and max_steps is "
            f"{spec.budget.max_steps}: say --max-steps with a larger number, as steps count on."
        )
    names = {parameter.name for parameter in spec.parameters}
    member = study_pb2.InitialMember(
        parameters={name: value for name, value in trial.parameters.items() if name in names},
        warm_start_uri=checkpoint.uri,
        start_step=checkpoint.step,
        warm_start_digest=checkpoint.digest,
    )
    made = study_pb2.StudySpec()
    made.CopyFrom(spec)
    del made.initial_population[:]
    made.initial_population.extend([member] * places_of(spec))
    return made
