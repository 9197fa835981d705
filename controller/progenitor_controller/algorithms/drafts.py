"""Trials to be trained next, once it is decided from where and with which hyperparameters."""

from dataclasses import replace

from progenitor_storage.model.spec import Parameters, Spec
from progenitor_storage.model.trial import Candidate, Checkpoint, Trial

from .population import session_end
from .sampling import sample_all
from .streams import Purpose, Stream, trial_seed


def initial(spec: Spec, member: int) -> Trial:
    """The draft of the first trial of `member`: as `initial_population` has it, else sampled.

    A parameter that its entry does not give has the value that it would have without any entry.
    """
    draft = _sampled(spec, member, generation=0)
    if member >= len(spec.initial_population):
        return draft
    given = spec.initial_population[member]
    start = Checkpoint(given.warm_start_uri, given.start_step, digest=given.warm_start_digest)
    return replace(
        draft,
        parameters={**draft.parameters, **given.parameters},
        start_step=given.start_step,
        end_step=session_end(spec, member, given.start_step),
        step=given.start_step,
        warm_start=start if given.warm_start_uri else None,
    )


def again(spec: Spec, initiator: Trial) -> Trial:
    """The draft of the member's first trial once more, in the initiator's succession."""
    first = replace(initial(spec, initiator.member), parameters=initiator.parameters)
    return _succeeding(spec, initiator, first)


def afresh(spec: Spec, initiator: Trial) -> Trial:
    """The draft of a child with sampled hyperparameters at step 0, which continues nobody's weights.

    A member that was given weights to begin with begins with them again: without them it would be another study.
    """
    given = spec.initial_population[initiator.member : initiator.member + 1]
    if given and given[0].warm_start_uri:
        return _succeeding(spec, initiator, initial(spec, initiator.member))
    return _succeeding(spec, initiator, _sampled(spec, initiator.member, initiator.generation + 1))


def continued(
    spec: Spec, initiator: Trial, parent: Trial, parameters: Parameters, opponent: Candidate | None = None
) -> Trial:
    """The draft of a child that goes on from where `parent`, a usable trial, ended."""
    return Trial(
        member=initiator.member,
        generation=initiator.generation + 1,
        parameters=parameters,
        seed=trial_seed(spec.seed, initiator.member, initiator.generation + 1),
        parent=parent.number,
        initiator=initiator.number,
        opponent=opponent.number if opponent else None,
        warm_start=parent.checkpoint,
        start_step=parent.end_step,
        end_step=session_end(spec, initiator.member, parent.end_step),
        step=parent.end_step,
    )


def _succeeding(spec: Spec, initiator: Trial, draft: Trial) -> Trial:
    generation = initiator.generation + 1
    seed = trial_seed(spec.seed, initiator.member, generation)
    return replace(draft, generation=generation, seed=seed, initiator=initiator.number)


def _sampled(spec: Spec, member: int, generation: int) -> Trial:
    return Trial(
        member=member,
        generation=generation,
        parameters=sample_all(spec.parameters, Stream(spec.seed, member, generation, Purpose.SAMPLING)),
        seed=trial_seed(spec.seed, member, generation),
        start_step=0,
        end_step=session_end(spec, member, 0),
    )
