"""What holds for every plug-in of a kind, as tests of a class that the author of one subclasses."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from time import perf_counter
from typing import Any, ClassVar

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from progenitor_storage.model.spec import Custom, ParameterSpec

from ..algorithms.custom.interfaces import Kind
from ..algorithms.custom.questions import Running
from ..decisions import DEADLINE, HEARTBEAT_DEADLINE
from ..plugins.installed import checked_by
from . import large, questions
from .asking import Asked, Question, answer, answers_of_another_process


class Laws(ABC):
    """`name` is the plug-in's, as it is installed; `options` are those to test it with.

    A plug-in that needs certain hyperparameters says which: `parameters`; else any are drawn. `examples` is how many
    questions each law is tried on, `seconds` what the largest question may take.
    """

    kind: ClassVar[Kind]
    name: ClassVar[str]
    options: ClassVar[Mapping[str, Any]] = {}
    parameters: ClassVar[Sequence[ParameterSpec]] = ()
    examples: ClassVar[int] = 100
    seconds: ClassVar[float] = DEADLINE / 2

    @abstractmethod
    def questions(self) -> st.SearchStrategy[Question]:
        """Any that the controller may ask."""

    @abstractmethod
    def large_questions(self) -> list[Question]:
        """The largest ones that it asks."""

    def test_it_is_installed_and_takes_its_options(self) -> None:
        checked_by(self.kind, self.name)(deepcopy(self.options))

    def test_every_answer_is_one_that_counts(self) -> None:
        """Of the right type, finite, inside the domains, one of those in question; `answer` checks it."""
        self._tried(answer)

    def test_a_question_is_left_as_it_was(self) -> None:
        def left(asked: Asked) -> None:
            before = repr(asked.question)
            answer(asked)
            assert repr(asked.question) == before, "the plug-in has changed what it was asked"

        self._tried(left)

    def test_the_same_question_has_the_same_answer_whatever_was_asked_before(self) -> None:
        drawn = self._drawn()
        first = [answer(asked) for asked in drawn]
        again = [answer(asked) for asked in reversed(drawn)][::-1]
        _assert_same(drawn, first, again, "the same question had two answers")

    def test_the_same_question_has_the_same_answer_in_another_process(self) -> None:
        drawn = self._drawn()
        here = [answer(asked) for asked in drawn]
        there = answers_of_another_process(drawn[::-1])[::-1]
        _assert_same(drawn, here, there, "another process gave another answer")

    def test_the_largest_question_is_answered_in_time(self) -> None:
        for question in self.large_questions():
            start = perf_counter()
            answer(self._asked(question, 1))
            took = perf_counter() - start
            assert took < self.seconds, f"it took {took:.1f} s, of at most {self.seconds:g} s"

    def _asked(self, question: Question, seed: int) -> Asked:
        return Asked(Custom(self.name, self.options, getattr(question, "configurations", 0)), question, seed)

    def _tried(self, law: Callable[[Asked], object]) -> None:
        @settings(
            max_examples=self.examples,
            deadline=None,
            database=None,
            suppress_health_check=[HealthCheck.too_slow],
        )
        @given(question=self.questions(), seed=st.integers(0, 2**63 - 1))
        def tried(question: Question, seed: int) -> None:
            law(self._asked(question, seed))

        tried()

    def _drawn(self) -> list[Asked]:
        found: list[Asked] = []
        self._tried(found.append)
        return found

    def _specified(self) -> st.SearchStrategy[tuple[ParameterSpec, ...]]:
        return st.just(tuple(self.parameters)) if self.parameters else questions.specified()

    def _many(self) -> Sequence[ParameterSpec]:
        return self.parameters or large.PARAMETERS


class SelectionLaws(Laws):
    kind = Kind.SELECTION

    def questions(self) -> st.SearchStrategy[Question]:
        return questions.selecting()

    def large_questions(self) -> list[Question]:
        return [large.selecting()]


class ExplorationLaws(Laws):
    kind = Kind.EXPLORATION

    def questions(self) -> st.SearchStrategy[Question]:
        return self._specified().flatmap(questions.exploring)

    def large_questions(self) -> list[Question]:
        return [large.exploring(self._many())]


class AlgorithmLaws(Laws):
    kind = Kind.ALGORITHM

    def questions(self) -> st.SearchStrategy[Question]:
        return self._specified().flatmap(lambda p: st.one_of(questions.beginning(p), questions.going_on(p)))

    def large_questions(self) -> list[Question]:
        return [large.beginning(self._many()), large.going_on(self._many())]


class StoppingLaws(Laws):
    kind = Kind.STOPPING
    seconds = HEARTBEAT_DEADLINE / 2

    def questions(self) -> st.SearchStrategy[Question]:
        return questions.running()

    def large_questions(self) -> list[Question]:
        return [large.running()]

    def test_the_order_of_the_others_changes_nothing(self) -> None:
        def unordered(asked: Asked) -> None:
            if isinstance(asked.question, Running):
                reversed_ = replace(asked.question, others=asked.question.others[::-1])
                assert answer(asked) == answer(replace(asked, question=reversed_)), (
                    "the order of others counts"
                )

        self._tried(unordered)


def _assert_same(
    asked: Sequence[Asked], one: Sequence[object], other: Sequence[object], message: str
) -> None:
    for question, first, second in zip(asked, one, other, strict=True):
        assert repr(first) == repr(second), f"{message}: {first!r} and {second!r} to {question.question!r}"
