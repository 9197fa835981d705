"""Laws of a replay: what is trained, in which order, and with what."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from progenitor_controller.algorithms import given_start, has_failed, next_trial, planned_steps
from progenitor_controller.algorithms.remembered import Remembered
from progenitor_storage.model.spec import Replay, ReplayedTrial, Spec
from progenitor_storage.model.trial import Checkpoint, Trial

from .populations import SPEC, completed, failed
from .searches import Fails, search


@st.composite
def closures(draw: st.DrawFn) -> tuple[ReplayedTrial, ...]:
    """By number: each parent is an earlier trial, of any member, and each place had one trial after the other."""
    trials: list[ReplayedTrial] = []
    generations: dict[int, int] = {}
    number = 0
    for _ in range(draw(st.integers(1, 12))):
        number += draw(st.integers(1, 3))
        member = draw(st.integers(0, 3))
        generations[member] = generations.get(member, -1) + draw(st.integers(1, 2))
        parent = draw(st.none() | st.sampled_from(trials)) if trials else None
        start = parent.end_step if parent else 0
        trials.append(
            ReplayedTrial(
                number=number,
                member=member,
                generation=generations[member],
                parameters={"rate": draw(st.floats(0, 1))},
                seed=draw(st.integers(0, 2**63 - 1)),
                start_step=start,
                end_step=start + draw(st.integers(1, 9)),
                parent=parent.number if parent else None,
                digest=f"sha256:{number}",
                warm_start_uri=draw(st.sampled_from(["", "given"])) if parent is None else "",
            )
        )
    return tuple(trials)


def spec_of(closure: tuple[ReplayedTrial, ...]) -> Spec:
    return replace(SPEC, algorithm=Replay(closure, "s"), stopping=None)


def name_of(trial: ReplayedTrial) -> str:
    return f"studies/s/trials/{trial.number}"


@given(closures(), st.integers(1, 4), st.integers(0, 99))
def test_every_trial_is_trained_once_from_its_parent_as_it_was(
    closure: tuple[ReplayedTrial, ...], workers: int, timing: int
) -> None:
    spec = spec_of(closure)
    trained = search(spec, lambda _: 1.0, workers, timing)
    by_name = {trial.replays: trial for trial in trained}
    assert len(trained) == len(by_name) == len(closure)
    replayed = {trial.number: trial for trial in closure}
    for original in closure:
        again = by_name[name_of(original)]
        assert again.replayed_digest == original.digest
        assert (again.member, again.generation) == (original.member, original.generation)
        assert (again.parameters, again.seed) == (original.parameters, original.seed)
        assert (again.start_step, again.end_step) == (original.start_step, original.end_step)
        assert again.initiator is None
        if original.parent is None:
            assert again.parent is None
            assert (again.warm_start is not None) == bool(original.warm_start_uri)
            assert again.warm_start == given_start(spec, again)
        else:
            parent = by_name[name_of(replayed[original.parent])]
            assert (again.parent, again.warm_start) == (parent.number, parent.checkpoint)
    assert next_trial(spec, Remembered(trained)) is None
    assert not has_failed(spec, Remembered(trained))
    assert planned_steps(spec) == sum(trial.end_step - trial.start_step for trial in trained)


@given(closures(), st.integers(2, 4), st.integers(0, 99))
def test_a_trial_begins_once_its_parent_and_its_place_are_done(
    closure: tuple[ReplayedTrial, ...], workers: int, timing: int
) -> None:
    trained = search(spec_of(closure), lambda _: 1.0, workers, timing)
    for place, trial in enumerate(trained):
        before = {earlier.number for earlier in trained[:place]}
        assert trial.parent is None or trial.parent in before
        of_its_place = [t.generation for t in trained[:place] if t.member == trial.member]
        assert all(generation < trial.generation for generation in of_its_place)
    for member in {trial.member for trial in closure}:
        numbers = [trial.number for trial in trained if trial.member == member]
        assert numbers == sorted(numbers)


@given(closures(), st.integers(0, 99))
def test_one_worker_trains_them_by_their_numbers(closure: tuple[ReplayedTrial, ...], timing: int) -> None:
    trained = search(spec_of(closure), lambda _: 1.0, 1, timing)
    assert [trial.replays for trial in trained] == [name_of(trial) for trial in closure]


@given(closures(), st.data(), st.integers(1, 4))
def test_one_that_fails_ends_it(
    closure: tuple[ReplayedTrial, ...], data: st.DataObject, workers: int
) -> None:
    unlucky = name_of(data.draw(st.sampled_from(closure)))

    def score(trial: Trial) -> float:
        if trial.replays == unlucky:
            raise Fails
        return 1.0

    spec = spec_of(closure)
    trained = search(spec, score, workers, timing=3)
    assert has_failed(spec, Remembered(trained))
    place = next(place for place, trial in enumerate(trained) if trial.replays == unlucky)
    assert len(trained) - place <= workers, "only what was in training then ends after it"


def test_one_whose_fitness_is_not_finite_is_a_parent_as_it_was() -> None:
    first = ReplayedTrial(3, 0, 0, {}, seed=1, start_step=0, end_step=5, digest="sha256:3")
    second = ReplayedTrial(4, 1, 1, {}, seed=2, start_step=5, end_step=9, parent=3, digest="sha256:4")
    spec = spec_of((first, second))
    draft = next_trial(spec, Remembered([]))
    assert draft
    parent = completed(draft, 1, None)
    child = next_trial(spec, Remembered([parent]))
    assert child
    assert (child.parent, child.warm_start, child.member) == (1, parent.checkpoint, 1)
    assert next_trial(spec, Remembered([failed(draft, 1)])) is None


def test_a_given_start_is_the_checkpoint_of_its_start_step() -> None:
    root = ReplayedTrial(
        8, 2, 3, {}, seed=1, start_step=20, end_step=30, warm_start_uri="a", warm_start_digest="sha256:a"
    )
    draft = next_trial(spec_of((root,)), Remembered([]))
    assert draft
    assert draft.warm_start == Checkpoint("a", 20, digest="sha256:a")
    assert (draft.start_step, draft.step, draft.end_step) == (20, 20, 30)
