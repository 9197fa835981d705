"""Search without evolution: each place trains one sampled configuration, session after session, to its end."""

from dataclasses import replace

from progenitor_storage.model.spec import Spec
from progenitor_storage.model.trial import StopCause, Trial

from .drafts import again, continued
from .population import CLOSED, ENDED, Place, Reproduction, interrupted, own_ancestor


def search_on(spec: Spec, place: Place, initiator: Trial) -> Reproduction:
    """The next session of the same configuration, from the newest checkpoint that can be used.

    A configuration that the stopping rule ended has ended; one that failed is tried again from its member's
    last completed trial, if there is one.
    """
    if initiator.usable:
        return Reproduction(_next(spec, initiator, initiator))
    if initiator.stop_cause is StopCause.RULE:
        return ENDED
    own = own_ancestor(spec, place)
    if interrupted(initiator):
        return Reproduction(_next(spec, initiator, own) if own else again(spec, initiator))
    if own is None or place.fallbacks >= spec.max_failures_per_trial:
        return CLOSED
    return Reproduction(_next(spec, initiator, own), fallback=True)


def _next(spec: Spec, initiator: Trial, own: Trial) -> Trial:
    """What the configuration has measured so far counts for all of its sessions."""
    return replace(continued(spec, initiator, own, own.parameters), peak=own.peak)
