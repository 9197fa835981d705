"""The user's file: loaded, described, and its exceptions told without a line of ours."""

import hashlib
import importlib.util
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from numbers import Integral
from pathlib import Path
from types import ModuleType, TracebackType

from .domains import Discrete
from .session import SessionError, Value
from .signature import check_evaluate, check_train
from .study import Study

OURS = Path(__file__).resolve().parent
OURS_BEGIN = "progenitor: "
"""How a line of the log begins that the user's code did not print."""
MAX_FRAMES = 12


@dataclass(frozen=True, slots=True)
class UserCode:
    """What a user's file defines; `problems` say what to change before anything can run."""

    study: Study | None = None
    train: Callable[..., object] | None = None
    evaluate: Callable[..., object] | None = None
    problems: list[str] = field(default_factory=list)
    digest: str = ""

    def as_written(self, parameters: Mapping[str, Value]) -> dict[str, Value]:
        """Values of a Discrete whose numbers are all int are int, as range(width) needs; on the wire they are not."""
        domains = {} if self.study is None else self.study.parameters
        return {name: written(domains.get(name), value) for name, value in parameters.items()}


def written(domain: object, value: Value) -> Value:
    whole = isinstance(domain, Discrete) and all(isinstance(choice, Integral) for choice in domain.values)
    return int(value) if whole else value


def load(source: Path, *, needs_train: bool = True) -> UserCode:
    """Runs the user's file once. Raises whatever it raises."""
    module = import_file(source)
    study = getattr(module, "study", None)
    train, evaluate = getattr(module, "train", None), getattr(module, "evaluate", None)
    problems = []
    if study is None:
        problems.append(
            f"{source.name} defines no study: add `study = Study(metrics=[…], parameters={{…}}, …)`"
        )
    elif not isinstance(study, Study):
        problems.append(f"study in {source.name} is a {type(study).__name__}, it must be a progenitor.Study")
    if needs_train and train is None:
        problems.append(
            f"{source.name} defines no train: add `def train(session, …)` with the study's parameters"
        )
    problems += [
        f"{name} in {source.name} must be a function, it is a {type(function).__name__}"
        for name, function in (("train", train), ("evaluate", evaluate))
        if function is not None and not callable(function)
    ]
    if not problems and isinstance(study, Study):
        names = list(study.parameters)
        problems += check_train(train, names) if needs_train and train else []
        problems += check_evaluate(evaluate, names) if evaluate else []
    return UserCode(
        study=study if isinstance(study, Study) else None,
        train=train,
        evaluate=evaluate,
        problems=problems,
        digest=f"sha256:{hashlib.sha256(source.read_bytes()).hexdigest()}",
    )


def import_file(source: Path) -> ModuleType:
    """The file as a module of its own name, its folder first on the path as for a script.

    By that name processes that it starts find what it pickles; one that would hide another module gets another name.
    """
    sys.path.insert(0, str(source.parent))
    taken = source.stem in sys.modules or source.stem in sys.stdlib_module_names
    name = f"user_{source.stem}" if taken else source.stem
    specification = importlib.util.spec_from_file_location(name, source)
    if specification is None or specification.loader is None:
        raise ImportError(f"{source} is not a Python file: its name must end in .py")
    module = importlib.util.module_from_spec(specification)
    sys.modules[name] = module
    specification.loader.exec_module(module)
    return module


def told(error: BaseException) -> str:
    """The exception and where in the user's code it was raised, innermost last; frames of ours are left out."""
    lines = [f"{type(error).__name__}: {words_of(error)}"]
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not is_ours(frame.filename)]
    lines += [
        f"  {frame.filename}:{frame.lineno} in {frame.name}: {frame.line or ''}".rstrip(": ")
        for frame in frames[-MAX_FRAMES:]
    ]
    if isinstance(error, SyntaxError) and error.filename:
        lines.append(f"  {error.filename}:{error.lineno}: {(error.text or '').strip()}")
    return "\n".join(lines)


def words_of(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as another:  # noqa: BLE001  the user's own __str__
        return f"(its message cannot be read: {type(another).__name__})"


def print_users_traceback(error: BaseException) -> None:
    """The whole traceback, for the log, from the user's first frame on; without one, what is wrong."""
    trace: TracebackType | None = error.__traceback__
    while trace is not None and is_ours(trace.tb_frame.f_code.co_filename):
        trace = trace.tb_next
    if trace is None and isinstance(error, SessionError):
        print(f"{OURS_BEGIN}{error}", file=sys.stderr)  # noqa: T201  the log is where it belongs
        return
    traceback.print_exception(type(error), error, trace)


def is_ours(filename: str) -> bool:
    return filename.startswith("<frozen importlib") or OURS in Path(filename).parents


def as_metrics(returned: object) -> dict[str, float]:
    """What `evaluate` returned, as numbers; raises TypeError with what to change."""
    if not isinstance(returned, dict) or not returned:
        raise TypeError(
            f'evaluate must return a dict of metrics, as {{"accuracy": 0.93}}; it returned {returned!r:.200}'
        )
    metrics: dict[str, float] = {}
    for name, value in returned.items():
        if not isinstance(name, str):
            raise TypeError(f"evaluate must return metrics by name; one name is {name!r:.200}")
        try:
            metrics[name] = float(value)
        except (TypeError, ValueError) as error:
            raise TypeError(f"evaluate must return numbers; {name!r} is {value!r:.200}") from error
    return metrics
