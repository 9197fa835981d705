"""How long the call of one worker takes in a large population, for each algorithm: decision, reads and writes.

Every member has trained once, and the controls, for whom nothing is decided, twice; then so many calls each report one
trial and get the next, through the controller's `suggest` on SQLite in memory. CPU milliseconds of a call, and its
median as a multiple of the first row's, a call without any comparison.

    python -m benchmarks.decisions --members 1000 --calls 100
"""

import argparse
import random
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from statistics import median

from benchmarks.quality.service import answered, new_database
from threadpoolctl import threadpool_limits

from progenitor.v1 import controller_service_pb2, study_pb2, study_service_pb2, trial_pb2
from progenitor_controller import studies
from progenitor_controller.algorithms.defaults import MEMBERS_PER_CONTROL
from progenitor_controller.wire import check_study
from progenitor_controller.wire.calls import suggestion_call
from progenitor_storage import Transaction

PBT = study_pb2.PopulationBasedTraining
EVERY_CHILD = study_pb2.EXPLORATION_SCOPE_EVERY_CHILD


def algorithms(members: int) -> Mapping[str, study_pb2.StudySpec]:
    """By their names in the table; the first is what the others are held against."""
    quarters = [study_pb2.SubPopulation(size=members // 4, steps_per_trial=10 * n) for n in (1, 2, 4, 8)]
    populations: Mapping[str, PBT] = {
        "no selection": PBT(no_selection=study_pb2.NoSelection()),
        "truncation (default)": PBT(),
        "binary tournament": PBT(binary_tournament=study_pb2.BinaryTournamentSelection()),
        "initiator, 2 generations": PBT(initiator=study_pb2.InitiatorSelection(opponent_generations=2)),
        "t-test": PBT(t_test=study_pb2.TTestSelection()),
        "crossover": PBT(crossover=study_pb2.Crossover(probability=0.5)),
        "Pareto, 2 metrics": PBT(fitness=study_pb2.FITNESS_PARETO),
        "4 sub-populations": PBT(sub_populations=quarters, migration_interval=1),
        "GP exploration, its model": PBT(
            gaussian_process=study_pb2.GaussianProcessExploration(), exploration_scope=EVERY_CHILD
        ),
    }
    for population in populations.values():
        population.population_size = members
    searches = {
        "random search": study_pb2.StudySpec(random_search=study_pb2.RandomSearch(configurations=members)),
        "ASHA": study_pb2.StudySpec(
            hyperband=study_pb2.Hyperband(configurations=2 * members, asynchronous=True)
        ),
    }
    return {
        **{name: study_pb2.StudySpec(population_based_training=own) for name, own in populations.items()},
        **searches,
    }


def specification(algorithm: study_pb2.StudySpec) -> study_pb2.StudySpec:
    """Six parameters, and as many metrics as the algorithm needs."""
    domain = study_pb2.DoubleDomain(min=1e-4, max=1.0, scale=study_pb2.SCALE_LOG)
    pareto = algorithm.population_based_training.fitness == study_pb2.FITNESS_PARETO
    metrics = ["score", "other"] if pareto else ["score"]
    spec = study_pb2.StudySpec(
        parameters=[study_pb2.ParameterSpec(name=f"x{n}", double_domain=domain) for n in range(6)],
        metrics=[study_pb2.MetricSpec(name=name, goal=study_pb2.GOAL_MAXIMIZE) for name in metrics],
        steps_per_trial=10,
        budget=study_pb2.Budget(max_steps=7290),
        seed=1,
    )
    spec.MergeFrom(algorithm)
    return spec


def times(algorithm: study_pb2.StudySpec, members: int, calls: int) -> list[float]:
    """CPU seconds of each of the last `calls` calls."""
    spec = specification(algorithm)
    connection = new_database()
    creation = study_service_pb2.CreateStudyRequest(study_id="s", spec=spec)
    with connection.begin():
        transaction = Transaction(connection)
        studies.create(transaction, check_study.creation(creation, drawn_seed=0))
        transaction.finish()
    drawn = random.Random(1)  # noqa: S311  scores
    taken: list[float] = []
    reports: list[trial_pb2.TrialReport] = []
    for sequence in range(1, members + members // MEMBERS_PER_CONTROL + calls + 1):
        request = controller_service_pb2.GetNewSuggestionRequest(
            study="studies/s",
            trials=reports,
            k=1,
            worker=trial_pb2.Worker(id="w", incarnation=1),
            sequence=sequence,
        )
        began = time.process_time()
        answer = answered(connection, suggestion_call(request))
        taken.append(time.process_time() - began)
        (trial,) = answer.trials
        reports = [report(trial, {m.name: drawn.random() + trial.end_step for m in spec.metrics})]
    connection.close()
    connection.engine.dispose()
    return taken[-calls:]


def report(trial: trial_pb2.Trial, metrics: Mapping[str, float]) -> trial_pb2.TrialReport:
    return trial_pb2.TrialReport(
        trial=trial.name,
        epoch=trial.lease.epoch,
        step=trial.end_step,
        measurements=[trial_pb2.Measurement(step=trial.end_step, metrics=metrics)],
        checkpoints=[trial_pb2.Checkpoint(uri=trial.name, step=trial.end_step, digest=f"sha256:{0:064}")],
        outcome=trial_pb2.OUTCOME_COMPLETED,
    )


def rows(members: int, calls: int) -> Iterator[Sequence[str]]:
    yield f"{members} members", "least ms", "median ms", "most ms", "of the first"
    first = 0.0
    for name, algorithm in algorithms(members).items():
        taken = times(algorithm, members, calls)
        first = first or median(taken)
        figures = [f"{1000 * value:.1f}" for value in (min(taken), median(taken), max(taken))]
        yield name, *figures, f"{median(taken) / first:.1f}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--members", type=int, default=1000, help="of the population (default 1000)")
    parser.add_argument("--calls", type=int, default=100, help="that are timed (default 100)")
    options = parser.parse_args(sys.argv[1:])
    threadpool_limits(1)
    for name, *figures in rows(options.members, options.calls):
        print(name.ljust(28) + "".join(figure.rjust(14) for figure in figures), flush=True)


if __name__ == "__main__":
    main()
