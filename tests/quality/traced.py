"""A problem whose weights are the story of how they were trained."""

from dataclasses import dataclass, field

from benchmarks.quality.problem import Problem, Rng, Trained

from progenitor_storage.model.spec import DoubleDomain, Parameters, ParameterSpec

Story = tuple[tuple[float, int], ...]
"""The rate and the first step of each session."""


@dataclass
class Traced:
    """Fitter with a greater rate. `trained` are the stories before and after each session, in their order."""

    trained: list[tuple[Story, Story]] = field(default_factory=list)

    def train(self, story: Story, parameters: Parameters, start: int, end: int, rng: Rng) -> Trained:
        rate = parameters["rate"]
        assert isinstance(rate, float)
        assert end - start == 5
        after = (*story, (rate, start))
        self.trained.append((story, after))
        score = sum(each for each, _ in after) + 0.001 * rng.random()
        return Trained(after, (score,), (score,))

    def problem(self, members: int = 8, sessions: int = 12) -> Problem:
        return Problem(
            name="traced",
            about="",
            parameters=(ParameterSpec("rate", DoubleDomain(0.0, 1.0)),),
            members=members,
            steps_per_trial=5,
            max_steps=5 * sessions,
            weights=(),
            train=self.train,
            seeds=1,
        )
