"""All that is stored of one study or one trial, as text."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from google.protobuf.message import Message

from progenitor.v1 import study_pb2, trial_pb2

from ..calls.names import brief, short
from ..calls.values import parameters
from .difference import is_map, is_record, keyed, shown, shown_list, value_field
from .replayed import came_out
from .tables import steps_cell
from .wording import cell, moment, number, size, study_state, table, trial_state

Row = tuple[str, str]
TIMES = ("wait", "restore", "train", "evaluate", "save")


def study_text(study: study_pb2.Study) -> str:
    """What was not given, but filled in when the study was created, is marked as a default."""
    spec = study.effective_spec
    given = set(settings(study.spec))
    rest = study_pb2.StudySpec()
    rest.CopyFrom(spec)
    for listed in ("parameters", "metrics"):
        rest.ClearField(listed)
    if rest.HasField("replay"):
        rest.replay.ClearField("closure")  # its trials are listed by `progenitor trials`
    rows = [(path, value, "" if (path, value) in given else "default") for path, value in settings(rest)]
    parts = [
        f"{short(study.name)} is {study_state(study.state)}{f': {study.state_message}' if study.state_message else ''}",
        pairs(study_rows(study)),
        table(
            ("parameter", "domain", ""),
            [(p.name, domain_text(p), "immutable" if p.immutable else "") for p in spec.parameters],
        ),
        table(("metric", "goal", "weight"), [metric_cells(metric) for metric in spec.metrics]),
        table(("setting", "value", ""), rows),
    ]
    return "\n\n".join(parts)


def study_rows(study: study_pb2.Study) -> Iterator[Row]:
    yield "uid", study.uid
    yield "created", moment(study.create_time)
    if study.labels:
        yield "labels", ", ".join(f"{key}={value}" for key, value in sorted(study.labels.items()))


def domain_text(parameter: study_pb2.ParameterSpec) -> str:
    match parameter.WhichOneof("domain"):
        case "double_domain":
            domain = parameter.double_domain
            return f"{domain.min:g} … {domain.max:g}{scale_text(domain.scale)}"
        case "integer_domain":
            whole = parameter.integer_domain
            return f"{whole.min} … {whole.max}, whole{scale_text(whole.scale)}"
        case "discrete_domain":
            return ", ".join(f"{value:g}" for value in parameter.discrete_domain.values)
        case _:
            return ", ".join(parameter.categorical_domain.values)


def scale_text(scale: int) -> str:
    return ", log" if scale == study_pb2.SCALE_LOG else ""


def metric_cells(metric: study_pb2.MetricSpec) -> tuple[str, str, str]:
    goal = study_pb2.Goal.Name(metric.goal).removeprefix("GOAL_").lower()
    return metric.name, goal, f"{metric.weight:g}"


def settings(message: Message, path: str = "") -> Iterator[Row]:
    """Each field that is set, by its path; one that holds only defaults of its own is there without a value."""
    for field, value in message.ListFields():
        inside = f"{path}.{field.name}" if path else field.name
        if field.is_repeated and is_record(field) and not is_map(field):
            forms = [shown(field, entry) for entry in value]
            yield from ((inside, f"{len(list(same))} × {form}") for form, same in groupby(forms))
        elif field.is_repeated:
            yield inside, shown_list(value_field(field), keyed(field, value))
        elif is_record(field):
            yield from settings(value, inside) if value.ListFields() else [(inside, "")]
        else:
            yield inside, shown(field, value)


def trial_text(
    study: study_pb2.Study, trial: trial_pb2.Trial, measurements: Sequence[trial_pb2.Measurement]
) -> str:
    metrics = tuple(metric.name for metric in study.effective_spec.metrics)
    parts = [
        f"Trial {short(trial.name)} of {short(study.name)} is {trial_state(trial.state)}.",
        pairs(trial_rows(trial)),
        table(
            ("parameter", "value"),
            [(name, cell(v)) for name, v in parameters(study.effective_spec, trial).items()],
        ),
    ]
    if measurements:
        parts.append(measurements_table(measurements, metrics))
    if trial.failure_message:
        parts.append(trial.failure_message)
    return "\n\n".join(parts)


def trial_rows(trial: trial_pb2.Trial) -> Iterator[Row]:
    yield "member, generation", f"{trial.member}, {trial.generation}"
    reached = f", reached {trial.step}" if trial.step != trial.end_step else ""
    yield "steps", f"{steps_cell(trial.start_step + 1, trial.end_step)}{reached}"
    yield "seed", str(trial.seed)
    for role in ("parent", "second_parent", "initiator", "opponent"):
        if named := getattr(trial, role):
            yield role.replace("_", " "), f"trial {short(named)}"
    if trial.replays:
        yield "replays", f"trial {brief(trial.replays)}"
    if trial.warm_start.uri:
        yield "warm start", f"{trial.warm_start.uri} (step {trial.warm_start.step})"
    if trial.checkpoint.uri:
        length = size(trial.checkpoint.size_bytes)
        yield "checkpoint", f"{trial.checkpoint.uri} (step {trial.checkpoint.step}, {length})"
        yield "digest", trial.checkpoint.digest
    if trial.replays:
        compared = came_out(trial)
        yield (
            "replayed digest",
            f"{trial.replayed_digest} ({compared})" if compared else trial.replayed_digest,
        )
    if trial.worker.id:
        yield "worker", f"{trial.worker.id} on {trial.worker.host}"
    yield "failures, preemptions", f"{trial.failures}, {trial.preemptions}"
    times = [(kind, getattr(trial.timing, kind).ToNanoseconds() / 1e9) for kind in TIMES]
    yield "time", ", ".join(f"{kind} {length:.3g} s" for kind, length in times)
    yield "created", moment(trial.create_time)
    if trial.HasField("end_time"):
        began, ended = trial.start_time.ToNanoseconds(), trial.end_time.ToNanoseconds()
        yield "ended", f"{moment(trial.end_time)}, {(ended - began) / 1e9:.3g} s after it was begun"


def measurements_table(measurements: Iterable[trial_pb2.Measurement], names: tuple[str, ...]) -> str:
    """The study's metrics first, then what else was measured."""
    known = list(measurements)
    others = sorted({name for measured in known for name in measured.metrics} - set(names))
    columns = (*names, *others)
    rows = [
        (
            str(measured.step),
            *(number(measured.metrics[name]) if name in measured.metrics else "" for name in columns),
        )
        for measured in known
    ]
    return table(("step", *columns), rows)


def pairs(rows: Iterable[Row]) -> str:
    listed = list(rows)
    width = max(len(name) for name, _ in listed)
    return "\n".join(f"  {name.ljust(width)}  {value}".rstrip() for name, value in listed)
