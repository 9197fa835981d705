"""docs/plugins.md says what the records of a question hold, and its exploration keeps the laws."""

import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from progenitor_controller import plugins
from progenitor_controller.algorithms.custom.answers import parameters
from progenitor_controller.algorithms.streams import Purpose
from progenitor_controller.conformance import questions

PAGE = (Path(__file__).parents[2] / "docs" / "plugins.md").read_text()
RECORDS = [name for name in plugins.__all__ if dataclasses.is_dataclass(getattr(plugins, name))]
TOLD = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", PAGE, re.MULTILINE))


@pytest.mark.parametrize("name", [name for name in RECORDS if name in TOLD])
def test_a_record_has_the_fields_that_the_page_names(name: str) -> None:
    fields = [field.name for field in dataclasses.fields(getattr(plugins, name))]
    told = [word for word in re.findall(r"`(\w+)`", TOLD[name]) if word.islower()]
    assert told[: len(fields)] == fields


def test_every_question_is_on_the_page() -> None:
    assert {
        "Selecting",
        "Exploring",
        "Beginning",
        "GoingOn",
        "Running",
        "Candidate",
        "Observation",
    } <= TOLD.keys()


@given(questions.specified().flatmap(questions.exploring), st.integers(0, 2**63 - 1))
def test_the_exploration_of_the_page_keeps_inside_the_domains(question: plugins.Exploring, seed: int) -> None:
    (snippet,) = re.findall(r"```python\n(def explore.*?)```", PAGE, re.DOTALL)
    found: dict[str, Any] = dict(vars(plugins))
    exec(snippet, found)  # noqa: S102 - the page's own code
    stream = plugins.Stream(seed, question.member, question.generation, Purpose.EXPLORATION)
    fixed = {p.name: question.inherited[p.name] for p in question.parameters if p.immutable}
    assert parameters(question.parameters, fixed, found["explore"](question, {}, stream))
