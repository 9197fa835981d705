"""What population-based training gains over random search in the examples: the evidence for the figures in their files.

Trains the study of each file for several seeds, as it stands and as random search over the same hyperparameters: as
many configurations as the population has members, each trained to the same `max_steps` and evaluated as often, so that
both train equally many steps in all. Both are real studies with a controller and workers. What is averaged is the
metric of the best trial of a study.

    python -m benchmarks.examples_baseline examples/sklearn_sgd.py --seeds 8
"""

import argparse
import runpy
import sys
import tempfile
import time
from collections.abc import Sequence
from math import sqrt
from pathlib import Path
from statistics import fmean, stdev

from progenitor.v1 import study_pb2
from progenitor_cli.client import Client
from progenitor_cli.embedded import start_controller
from progenitor_worker.events import Event
from progenitor_worker.pool import WorkerOptions, WorkerPool
from progenitor_worker.process import Program


def population_of(file: Path) -> study_pb2.StudySpec:
    """The study of the file, ended when it has trained as many steps as random search does.

    It would train somewhat more: who copies a member that is behind has to go that way again.
    """
    spec: study_pb2.StudySpec = runpy.run_path(str(file))["study"].spec()
    members = spec.population_based_training.population_size
    spec.budget.max_total_steps = members * spec.budget.max_steps
    return spec


def random_search_of(population: study_pb2.StudySpec) -> study_pb2.StudySpec:
    """The same study without selection: as many configurations, each with the hyperparameters that it began with."""
    spec = study_pb2.StudySpec()
    spec.CopyFrom(population)
    # Setting one algorithm clears the other.
    spec.random_search.configurations = population.population_based_training.population_size
    return spec


def best_of(file: Path, spec: study_pb2.StudySpec, seed: int, workers: int) -> float:
    """The first metric of the best trial once the study has ended; raises SystemExit if it has not completed."""
    seeded = study_pb2.StudySpec()
    seeded.CopyFrom(spec)
    seeded.seed = seed
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (
            start_controller(f"sqlite:///{folder}/progenitor.db") as controller,
            Client(controller.address) as client,
        ):
            study = client.create_study("example", seeded)
            pool = WorkerPool(
                WorkerOptions(
                    program=Program(file.resolve()),
                    study=study.name,
                    spec=study.effective_spec,
                    controllers=(controller.address,),
                    store=folder / "checkpoints",
                    logs=folder / "logs",
                    state=folder / "workers",
                    slots=workers,
                ),
                ignore,
            )
            pool.start()
            pool.join()
            status = client.get_study_status(study.name)
    if status.study.state != study_pb2.STUDY_STATE_COMPLETED:
        raise SystemExit(f"{file} with seed {seed} did not complete: {[slot.error for slot in pool.ended]}")
    return status.best_trial.measurement.metrics[spec.metrics[0].name]


def ignore(event: Event) -> None:
    """Nobody watches."""


def row(file: Path, name: str, spec: study_pb2.StudySpec, options: argparse.Namespace) -> str:
    began = time.monotonic()
    bests = [best_of(file, spec, seed, options.workers) for seed in range(1, options.seeds + 1)]
    error = stdev(bests) / sqrt(len(bests)) if len(bests) > 1 else float("nan")
    seconds = (time.monotonic() - began) / len(bests)
    listed = " ".join(f"{best:.4g}" for best in bests)
    return f"{file.stem:<16}{name:<26}{fmean(bests):.4f} ± {error:.4f}  {seconds:5.1f} s a study   {listed}"


def chosen(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "files", nargs="+", type=Path, metavar="FILE", help="training files with a population"
    )
    parser.add_argument("--seeds", type=int, default=8, help="studies for each number (default 8)")
    parser.add_argument("--workers", type=int, default=2, help="workers of each study (default 2)")
    return parser.parse_args(arguments)


def main() -> None:
    options = chosen(sys.argv[1:])
    for file in options.files:
        population = population_of(file)
        print(row(file, "population-based training", population, options), flush=True)
        print(row(file, "random search", random_search_of(population), options), flush=True)


if __name__ == "__main__":
    main()
