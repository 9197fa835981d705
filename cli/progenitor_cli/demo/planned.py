"""The studies of a demo: one for each mode and seed, made or taken up again."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from progenitor.v1 import study_pb2

from ..calls.names import resource_name
from ..client import Client
from ..errors import CallRefused, ProgenitorError, SpecDiffers
from .modes import MODES, Mode, Settings, study_of


@dataclass(frozen=True, slots=True)
class Planned:
    """`study` is its resource name, `trials` how many it makes, `made` how many of them were completed before."""

    mode: Mode
    seed: int
    study: str
    uid: str
    trials: int
    made: int


def plan(client: Client, settings: Settings, seeds: Iterable[int]) -> tuple[Planned, ...]:
    """By seed, then in the order of the modes. Raises SpecDiffers if other settings have made these studies."""
    return tuple(planned(client, mode, settings, seed) for seed in seeds for mode in MODES)


def planned(client: Client, mode: Mode, settings: Settings, seed: int) -> Planned:
    wanted = study_of(mode, settings, seed)
    trials = wanted.places * -(-settings.steps // settings.ready_every)
    made = 0
    try:
        study = client.create_study(str(wanted.name), wanted)
    except CallRefused as refusal:
        if refusal.code != "ALREADY_EXISTS":
            raise
        study = client.get_study(resource_name(str(wanted.name)))
        if study.spec != wanted.spec():
            raise SpecDiffers(
                f"{study.name} was made with other settings. Give this demo another folder with --dir."
            ) from refusal
        made = client.get_study_status(study.name).trial_counts["TRIAL_STATE_COMPLETED"]
    return Planned(mode, seed, study.name, study.uid, trials, made)


def scores(client: Client, studies: Iterable[Planned]) -> Iterator[tuple[Planned, float]]:
    """The best Q of each study; raises ProgenitorError if one is not completed."""
    for wanted in studies:
        status = client.get_study_status(wanted.study)
        if status.study.state != study_pb2.STUDY_STATE_COMPLETED:
            state = study_pb2.StudyState.Name(status.study.state).removeprefix("STUDY_STATE_").lower()
            raise ProgenitorError(f"{wanted.study} is {state}. {status.study.state_message}".strip())
        yield wanted, status.best_trial.measurement.metrics["Q"]
