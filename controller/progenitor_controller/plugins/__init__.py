"""What the author of a plug-in needs: interfaces, what is asked, and the records that it is made of.

A plug-in is a module, or any object, that is named in its distribution's entry points: of the group
`progenitor.selection`, `progenitor.exploration`, `progenitor.algorithm` or `progenitor.stopping`. Its code runs in
the controller, in a thread apart from the database, and has a few seconds for each answer. docs/plugins.md has an
example; `progenitor_controller.conformance` tests one.
"""

from progenitor_storage.model.spec import (
    CategoricalDomain,
    DiscreteDomain,
    Domain,
    DoubleDomain,
    Goal,
    IntegerDomain,
    MetricSpec,
    Parameters,
    ParameterSpec,
    Scale,
    Value,
)
from progenitor_storage.model.trial import Candidate, Observation

from ..algorithms.custom.interfaces import (
    AlgorithmPlugin,
    CheckedPlugin,
    EndingPlugin,
    ExplorationPlugin,
    Options,
    SelectionPlugin,
    StoppingPlugin,
)
from ..algorithms.custom.questions import Beginning, Exploring, GoingOn, Point, Running, Selecting
from ..algorithms.sampling import sample, sample_all
from ..algorithms.streams import Stream

__all__ = [
    "AlgorithmPlugin",
    "Beginning",
    "Candidate",
    "CategoricalDomain",
    "CheckedPlugin",
    "DiscreteDomain",
    "Domain",
    "DoubleDomain",
    "EndingPlugin",
    "ExplorationPlugin",
    "Exploring",
    "Goal",
    "GoingOn",
    "IntegerDomain",
    "MetricSpec",
    "Observation",
    "Options",
    "ParameterSpec",
    "Parameters",
    "Point",
    "Running",
    "Scale",
    "Selecting",
    "SelectionPlugin",
    "StoppingPlugin",
    "Stream",
    "Value",
    "sample",
    "sample_all",
]
