"""Which study a file describes: the one that exists, or a new one.

`progenitor run --fresh` makes `name-2`, `name-3`, … beside `name` and labels them with `name`, so that a study that
happens to be called `name-2` is not taken for one of them. Without --fresh the newest of these whose specification is
the file's (the budget aside) goes on.
"""

from collections.abc import Callable
from dataclasses import dataclass

from progenitor.v1 import study_pb2

from ..calls.names import numbered, resource_name, short
from ..client import Client
from ..errors import CallRefused, ProgenitorError, SpecDiffers, UsageError
from ..text.difference import Difference, differences

FRESH_OF = "fresh-of"
"""The label of a study that --fresh made: the id of the one that it was made beside."""

Notice = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Wish:
    """What a user's file asks for."""

    study_id: str
    spec: study_pb2.StudySpec
    file: str


def wanted(client: Client, wish: Wish, name: str | None, *, fresh: bool, notice: Notice) -> study_pb2.Study:
    """The study called `name`, if one is; else the file's own, or a fresh one beside that."""
    if name is not None and fresh:
        raise UsageError("Name a study or ask for a fresh one, not both.")
    if name is not None:
        return named(client, name, wish, notice)
    return beside(client, wish) if fresh else joined(client, wish, notice)


def joined(client: Client, wish: Wish, notice: Notice) -> study_pb2.Study:
    """The study that goes on with the file, made if there is none, its budget as the file has it.

    Raises SpecDiffers.
    """
    family = family_of(client, wish.study_id)
    if not family:
        return created(client, wish.study_id, wish, {})
    for study in family:
        changed = list(differences(study.spec, wish.spec))
        if all(is_budget(difference) for difference in changed):
            return going_on(client, study, wish, changed, notice)
    raise SpecDiffers(differs_message(family[0], wish))


def beside(client: Client, wish: Wish) -> study_pb2.Study:
    """A new study, numbered after those that have the file's name."""
    study_id = free_id(client, wish.study_id)
    return created(client, study_id, wish, {} if study_id == wish.study_id else {FRESH_OF: wish.study_id})


def free_id(client: Client, base: str) -> str:
    """`base`, or the first of `base-2`, `base-3`, … that no study has."""
    taken = {short(study.name) for study in client.list_studies()}
    ids = (base if number == 1 else numbered(base, number) for number in range(1, len(taken) + 2))
    return next(study_id for study_id in ids if study_id not in taken)


def named(client: Client, name: str, wish: Wish, notice: Notice) -> study_pb2.Study:
    """A study that was made before, to be trained by the file's code; raises SpecDiffers if that cannot be."""
    study = client.get_study(name)
    refuse_other(study, wish)
    return going_on(client, study, wish, [], notice)


def refuse_other(study: study_pb2.Study, wish: Wish) -> None:
    """Raises SpecDiffers if the file's code is for other hyperparameters or metrics than the study has."""
    for what, stored, described in (
        ("parameters", study.effective_spec.parameters, wish.spec.parameters),
        ("metrics", study.effective_spec.metrics, wish.spec.metrics),
    ):
        theirs, ours = sorted(entry.name for entry in stored), sorted(entry.name for entry in described)
        if theirs != ours:
            raise SpecDiffers(
                f"{wish.file} cannot train {study.name}, which has the {what} {', '.join(theirs)}; "
                f"the file's are {', '.join(ours)}."
            )


def created(client: Client, study_id: str, wish: Wish, labels: dict[str, str]) -> study_pb2.Study:
    try:
        return client.create_study(study_id, wish.spec, labels)
    except CallRefused as refusal:
        if refusal.code == "ALREADY_EXISTS":  # another worker was faster
            study = client.get_study(resource_name(study_id))
            if study.spec == wish.spec:
                return study
            raise SpecDiffers(differs_message(study, wish)) from refusal
        if refusal.code in ("INVALID_ARGUMENT", "UNIMPLEMENTED"):
            raise SpecDiffers(f"The study in {wish.file} cannot be created.\n{refusal}") from refusal
        raise


def family_of(client: Client, study_id: str) -> list[study_pb2.Study]:
    """The study of this id and those that --fresh made beside it, the newest first."""
    found = [
        study
        for study in client.list_studies()
        if short(study.name) == study_id or study.labels.get(FRESH_OF) == study_id
    ]
    return sorted(found, key=lambda study: study.create_time.ToNanoseconds(), reverse=True)


def going_on(
    client: Client, study: study_pb2.Study, wish: Wish, changed: list[Difference], notice: Notice
) -> study_pb2.Study:
    if study.state == study_pb2.STUDY_STATE_CANCELLED:
        raise ProgenitorError(
            f"{study.name} was cancelled. Another name starts another one, Study(name=…), and so does `progenitor run` "
            "with --fresh."
        )
    if changed and study.state != study_pb2.STUDY_STATE_FAILED:
        study = client.update_study(study.name, budget=wish.spec.budget)
        notice(
            f"{study.name} has another budget now: " + "; ".join(str(difference) for difference in changed)
        )
    if study.state == study_pb2.STUDY_STATE_PAUSED:
        study = client.resume_study(study.name)
        notice(f"{study.name} was paused and goes on.")
    return study


def is_budget(difference: Difference) -> bool:
    return difference.path.split(".")[0] == "budget"


def differs_message(study: study_pb2.Study, wish: Wish) -> str:
    listed = "\n".join(f"  {difference}" for difference in differences(study.spec, wish.spec))
    return (
        f"{wish.file} describes another study than the stored {study.name} (old → new):\n{listed}\n"
        "Only the budget of a study can change. Another name starts another one beside it, Study(name=…), and so does "
        "`progenitor run` with --fresh."
    )
