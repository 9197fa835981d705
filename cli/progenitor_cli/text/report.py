"""A study's result as text: the best trial, its schedule, the population, and how to use them."""

from pathlib import Path

from progenitor.v1 import study_pb2, trial_pb2
from progenitor.v1 import study_service_pb2 as pb

from ..calls.names import short
from ..calls.values import parameters
from .progress import trial_summary
from .result import Result, checkpoint_path
from .tables import is_pareto, steps_cell, trials_table
from .wire_json import line
from .wording import cell, metrics, number, seconds, study_state, table


def result_text(result: Result, file: str) -> str:
    """`file` describes the study; '' if it was made otherwise."""
    parts = [outcome(result.status)]
    if result.best is not None:
        parts += [best_text(result, result.best), schedule_text(result)]
    if result.population:
        parts.append(f"Each member's newest completed trial:\n{population_text(result)}")
    if result.best is not None:
        parts.append(use_text(result, result.best, file))
    return "\n\n".join(parts)


def outcome(status: pb.GetStudyStatusResponse) -> str:
    """One that failed is told why at the end, as what ended the command."""
    reason = status.study.state_message if status.study.state == study_pb2.STUDY_STATE_COMPLETED else ""
    told = f": {reason}" if reason else "."
    age = seconds(status.elapsed.ToNanoseconds() / 1e9)
    return (
        f"{short(status.study.name)} is {study_state(status.study.state)}{told}\n"
        f"{trial_summary(status)}, {status.total_steps} steps, {age} after it was created."
    )


def status_text(status: pb.GetStudyStatusResponse, population: list[trial_pb2.Trial]) -> str:
    spec = status.study.effective_spec
    metric_names = tuple(metric.name for metric in spec.metrics)
    lines = [outcome(status)]
    if status.study.state_message and status.study.state != study_pb2.STUDY_STATE_COMPLETED:
        lines.append(status.study.state_message)
    lines.append(
        f"Progress {status.progress:.0%}, workers heard of within the lease: {status.active_workers}."
    )
    if status.HasField("best_trial"):
        best = status.best_trial
        lines.append(
            f"{best_of(spec)} trial {short(best.name)}, {metrics(best.measurement.metrics, metric_names)}"
        )
    if population:
        lines += ["", trials_table(spec, population)]
    return "\n".join(lines)


def study_line(study: study_pb2.Study, *, as_json: bool) -> str:
    """What a command that changed the study says."""
    return line(study) if as_json else f"{short(study.name)} is {study_state(study.state)}."


def created_text(study: study_pb2.Study, file: Path | None, *, as_json: bool) -> str:
    if as_json:
        return line(study)
    return (
        f"Created {study.name}. Train it with:\n  progenitor run {file or 'FILE'} --study {short(study.name)}"
    )


def best_text(result: Result, best: trial_pb2.Trial) -> str:
    return (
        f"{best_of(result.status.study.effective_spec)} trial {short(best.name)} of member {best.member}, "
        f"{metrics(best.measurement.metrics, result.metric_names)} at step {best.measurement.step}\n"
        f"Checkpoint: {checkpoint_path(result.store, best.checkpoint)}"
    )


def best_of(spec: study_pb2.StudySpec) -> str:
    """With several objectives there is no single one."""
    return "Of the best trade-offs (all of them: progenitor best):" if is_pareto(spec) else "Best:"


def schedule_text(result: Result) -> str:
    rows = [
        (
            steps_cell(stretch.first, stretch.last),
            *(cell(value) for value in stretch.parameters.values()),
            *(
                number(stretch.metrics[name]) if name in stretch.metrics else ""
                for name in result.metric_names
            ),
        )
        for stretch in result.schedule
    ]
    return "Its schedule:\n" + table(("steps", *result.parameter_names, *result.metric_names), rows)


def population_text(result: Result) -> str:
    return trials_table(result.status.study.effective_spec, result.population)


def use_text(result: Result, best: trial_pb2.Trial, file: str) -> str:
    values = ", ".join(
        f"{name!r}: {value!r}" for name, value in parameters(result.status.study.effective_spec, best).items()
    )
    budget = result.status.study.spec.budget
    limits = ", ".join(
        f"{name}={getattr(budget, name)}"
        for name in ("max_steps", "max_trials", "max_total_steps")
        if getattr(budget, name)
    )
    if budget.HasField("max_duration"):
        limits = ", ".join(filter(None, [limits, f"max_duration={budget.max_duration.ToTimedelta()}"]))
    now = f" ({limits} now)" if limits else ""
    study = result.status.study
    grows = file and study.state == study_pb2.STUDY_STATE_COMPLETED
    larger = f"give the study in {file} a larger budget{now} and run it again, or " if grows else ""
    further = f"progenitor create --from {short(study.name)}/{short(best.name)} --max-steps …"
    return (
        "To use it, load it as `train` loads session.warm_start:\n"
        f"  checkpoint = Path({checkpoint_path(result.store, best.checkpoint)!r})\n"
        f"  parameters = {{{values}}}\n"
        f"To train on, {larger}go on from this trial: {further}"
    )


def not_completed(status: pb.GetStudyStatusResponse, failures: list[str]) -> str:
    """Why a study that ended is not completed: the controller's reason, or else the failures themselves; and what it
    came to all the same.
    """
    study = status.study
    reason = study.state_message.partition("; trial ")[0] if failures else study.state_message
    heading = f"{study.name} is {study_state(study.state)}{f': {reason}' if reason else ''}."
    if study.state == study_pb2.STUDY_STATE_CANCELLED:
        return heading
    command = "replay" if study.spec.HasField("replay") else "run"
    ways = f"When the file is mended, the same `progenitor {command}` with --fresh starts another study."
    kept = ""
    if status.HasField("best_trial"):
        best = status.best_trial
        measured = ", ".join(
            f"{name} {value:.6g}" for name, value in sorted(best.measurement.metrics.items())
        )
        it = f"{short(study.name)}/{short(best.name)}"
        kept = f"Its best, {it} ({measured}), is kept: progenitor best; progenitor create --from {it} goes on from it."
    return "\n".join(filter(None, [heading, *failures, ways, kept]))
