from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from progenitor_controller.algorithms import initial
from progenitor_storage.model.spec import InitialMember
from progenitor_storage.model.trial import Checkpoint, TrialState

from .populations import PARAMETERS, SPEC, all_inside


@given(st.integers(0, 2**63 - 1), st.integers(0, 2**20 - 1))
def test_a_sampled_member_is_pending_at_step_zero_inside_its_domains(seed: int, member: int) -> None:
    draft = initial(replace(SPEC, seed=seed), member)
    assert all_inside(PARAMETERS, draft.parameters)
    assert (draft.member, draft.generation, draft.number) == (member, 0, 0)
    assert (draft.start_step, draft.step, draft.end_step) == (0, 0, 5)
    assert draft.state is TrialState.PENDING
    assert (draft.parent, draft.initiator, draft.warm_start) == (None, None, None)
    assert 0 <= draft.seed < 2**31


def test_members_differ_and_so_do_seeds() -> None:
    drafts = [initial(SPEC, member) for member in range(200)]
    assert len({draft.parameters["rate"] for draft in drafts}) == 200
    assert len({draft.seed for draft in drafts}) == 200


def test_a_given_member_has_what_is_given_and_the_rest_as_it_would_be_sampled() -> None:
    given_member = InitialMember({"rate": 0.01, "width": 64}, warm_start_uri="file:///old", start_step=98)
    draft = initial(replace(SPEC, initial_population=(given_member,)), 0)
    assert draft.parameters == {**initial(SPEC, 0).parameters, "rate": 0.01, "width": 64}
    assert (draft.start_step, draft.step, draft.end_step) == (98, 98, 100)
    assert draft.warm_start == Checkpoint("file:///old", 98)


def test_a_given_member_changes_no_other_member() -> None:
    given_member = InitialMember({"rate": 0.01})
    assert initial(replace(SPEC, initial_population=(given_member,)), 1) == initial(SPEC, 1)


def test_without_a_limit_a_session_has_its_full_length() -> None:
    unlimited = replace(SPEC, budget=replace(SPEC.budget, max_steps=0))
    assert initial(unlimited, 0).end_step == 5
    short = replace(SPEC, budget=replace(SPEC.budget, max_steps=3))
    assert initial(short, 0).end_step == 3
