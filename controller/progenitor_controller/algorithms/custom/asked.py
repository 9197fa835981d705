"""Runs a plug-in on a question and checks its answer. Its code may be slow, so never inside a transaction.

Each raises LookupError if there is no such plug-in, ValueError for a wrong answer, and what the plug-in raises.
"""

from copy import deepcopy

from progenitor_storage.model.spec import Custom, Parameters
from progenitor_storage.model.trial import Candidate

from ..streams import Stream
from . import answers
from .interfaces import PlugIns
from .questions import Beginning, Exploring, GoingOn, Running, Selecting


def select(plug_ins: PlugIns, plug_in: Custom, question: Selecting, stream: Stream) -> Candidate | None:
    found = plug_ins.selection(plug_in.name)
    return answers.parent(question, found.select(question, deepcopy(plug_in.options), stream))


def explore(plug_ins: PlugIns, plug_in: Custom, question: Exploring, stream: Stream) -> Parameters:
    """All of them, those that were left out as inherited."""
    found = plug_ins.exploration(plug_in.name)
    fixed = {p.name: question.inherited[p.name] for p in question.parameters if p.immutable}
    answer = found.explore(question, deepcopy(plug_in.options), stream)
    return {**question.inherited, **answers.parameters(question.parameters, fixed, answer)}


def begin(plug_ins: PlugIns, plug_in: Custom, question: Beginning, stream: Stream) -> Parameters:
    """Those that it chose."""
    found = plug_ins.algorithm(plug_in.name)
    answer = found.begin(question, deepcopy(plug_in.options), stream)
    return answers.parameters(question.parameters, question.given, answer)


def goes_on(plug_ins: PlugIns, plug_in: Custom, question: GoingOn, stream: Stream) -> bool:
    """True for an algorithm that ends nothing."""
    decide = getattr(plug_ins.algorithm(plug_in.name), "goes_on", None)
    return decide is None or answers.yes_or_no(decide(question, deepcopy(plug_in.options), stream))


def should_stop(plug_ins: PlugIns, plug_in: Custom, question: Running) -> bool:
    found = plug_ins.stopping(plug_in.name)
    return answers.yes_or_no(found.should_stop(question, deepcopy(plug_in.options)))
