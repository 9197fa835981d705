"""Which study trains given trials again."""

from collections.abc import Sequence

from progenitor.v1 import study_pb2

from ..calls.names import id_from_name, resource_name, short, study_of
from ..client import Client
from ..errors import CallRefused, ProgenitorError
from .studies import free_id

SUFFIX = "-replay"
"""Of a replay's name, after the replayed study's."""
LONGEST = 63 - len(SUFFIX)


def wanted(client: Client, trials: Sequence[str], name: str | None, *, fresh: bool) -> study_pb2.Study:
    """The newest study that replays exactly these trials, made if there is none or a `fresh` one is asked for.

    `name` is that of the study to be made or found.
    """
    spec = spec_of(trials)
    if name is None:
        known = [] if fresh else [study for study in client.list_studies() if study.spec == spec]
        if known:
            return max(known, key=lambda study: study.create_time.ToNanoseconds())
        base = short(study_of(trials[0]))[:LONGEST].rstrip("-")
        return client.create_study(free_id(client, base + SUFFIX), spec)
    study_id = id_from_name(name)
    try:
        return client.create_study(study_id, spec)
    except CallRefused as refusal:
        if refusal.code != "ALREADY_EXISTS" or fresh:
            raise
        study = client.get_study(resource_name(study_id))
        if study.spec != spec:
            raise
        return study


def spec_of(trials: Sequence[str]) -> study_pb2.StudySpec:
    """By number, so that it is the same in whatever order they are named."""
    in_order = sorted(set(trials), key=lambda name: (study_of(name), int(short(name))))
    return study_pb2.StudySpec(replay=study_pb2.Replay(trials=in_order))


def going_on(client: Client, study: study_pb2.Study) -> study_pb2.Study:
    """To be trained now: a paused one is resumed."""
    if study.state == study_pb2.STUDY_STATE_CANCELLED:
        raise ProgenitorError(
            f"{study.name} was cancelled. The same `progenitor replay` with --fresh starts another one."
        )
    return client.resume_study(study.name) if study.state == study_pb2.STUDY_STATE_PAUSED else study
