"""Who is catching up is spared, however far behind.

A loser i that gained more in its last session than the winner w whose weights it would get,

    (fitness_i − start fitness_i) / steps_i  >  (fitness_w − start fitness_w) / steps_w

is on its way past it, and goes on from its own weights. Greed loses where hyperparameters look good at once and end
low: a learning rate that is lowered too early (Wu et al. 2018, "Understanding short-horizon bias in stochastic
meta-optimization"). That rates of improvement tell more than where a member stands is an idea of FIRE PBT (Dalibard and
Jaderberg 2021, "Faster improvement rate population based training", arXiv 2109.13800), which holds smoothed curves of
sub-populations against each other; one session of each of the two does here. Noise works against sparing: who was
unlucky at the end gained little, and of losers by nothing but noise few are spared.
"""

from progenitor_storage.model.trial import Candidate

from ..history import History
from .choice import Choice


def spared(choice: Choice, initiator: Candidate | None, history: History) -> Choice:
    """The choice, or the initiator in place of a parent that gained less."""
    if initiator is None or choice.parent is None or choice.parent.number == initiator.number:
        return choice
    own, others = rate(initiator, history), rate(choice.parent, history)
    if own is None or others is None or own <= others:
        return choice
    return Choice(initiator, choice.opponent)


def rate(candidate: Candidate, history: History) -> float | None:
    """Fitness gained per step of its session; None in a first session: few measure what they begin with."""
    *earlier, trial = history.lineage(candidate.number, 2)
    if not earlier or earlier[0].fitness is None or trial.fitness is None:
        return None
    return (trial.fitness - earlier[0].fitness) / (trial.end_step - trial.start_step)
