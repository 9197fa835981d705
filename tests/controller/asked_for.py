"""One specification for each thing that a study can ask for, by the name that `not_yet` has for it."""

from collections.abc import Callable

from tests.controller.trainee import minimal_spec

from progenitor.v1 import study_pb2 as pb

Change = Callable[[pb.StudySpec], object]


def grid(spec: pb.StudySpec) -> None:
    spec.grid_search.points_per_parameter = 3


def pareto(spec: pb.StudySpec) -> None:
    spec.metrics.add(name="size", goal=pb.GOAL_MINIMIZE)
    spec.population_based_training.fitness = pb.FITNESS_PARETO


def sub_populations(spec: pb.StudySpec) -> None:
    for steps_per_trial in (5, 10):
        spec.population_based_training.sub_populations.add(size=2, steps_per_trial=steps_per_trial)


def replay(spec: pb.StudySpec) -> None:
    spec.CopyFrom(pb.StudySpec(replay=pb.Replay(trials=["studies/s/trials/1"])))


PBT = "spec.population_based_training"
EXAMPLES: dict[str, tuple[Change, str]] = {
    "t_test": (lambda s: s.population_based_training.t_test.SetInParent(), f"{PBT}.t_test"),
    "custom_selection": (
        lambda s: setattr(s.population_based_training.custom_selection, "algorithm", "mine"),
        f"{PBT}.custom_selection",
    ),
    "gaussian_process": (
        lambda s: s.population_based_training.gaussian_process.SetInParent(),
        f"{PBT}.gaussian_process",
    ),
    "custom_exploration": (
        lambda s: setattr(s.population_based_training.custom_exploration, "algorithm", "mine"),
        f"{PBT}.custom_exploration",
    ),
    "FITNESS_PARETO": (pareto, f"{PBT}.fitness"),
    "crossover": (
        lambda s: setattr(s.population_based_training.crossover, "probability", 0.5),
        f"{PBT}.crossover",
    ),
    "sub_populations": (sub_populations, f"{PBT}.sub_populations"),
    "grid_search": (grid, "spec.grid_search"),
    "hyperband": (lambda s: setattr(s.hyperband, "configurations", 9), "spec.hyperband"),
    "gaussian_process_bandit": (
        lambda s: setattr(s.gaussian_process_bandit, "configurations", 9),
        "spec.gaussian_process_bandit",
    ),
    "covariance_matrix_adaptation": (
        lambda s: setattr(s.covariance_matrix_adaptation, "configurations", 9),
        "spec.covariance_matrix_adaptation",
    ),
    "replay": (replay, "spec.replay"),
    "custom": (
        lambda s: s.custom.CopyFrom(pb.CustomAlgorithm(algorithm="mine", configurations=9)),
        "spec.custom",
    ),
    "performance_curve_stopping": (
        lambda s: s.performance_curve_stopping.SetInParent(),
        "spec.performance_curve_stopping",
    ),
    "custom_stopping": (
        lambda s: setattr(s.custom_stopping, "algorithm", "mine"),
        "spec.custom_stopping",
    ),
    "CHECKPOINT_RETENTION_NEEDED": (
        lambda s: setattr(s, "checkpoint_retention", pb.CHECKPOINT_RETENTION_NEEDED),
        "spec.checkpoint_retention",
    ),
}


def example(name: str) -> tuple[pb.StudySpec, str]:
    """A specification that asks for it and nothing else unusual, and the field that does."""
    change, field = EXAMPLES[name]
    spec = minimal_spec()
    change(spec)
    return spec, field
