"""What two tiny sessions tell of a training file."""

import json
import math
from pathlib import Path

import pytest
from tests.worker_client.training_files import HEAD, Files

from progenitor_worker.checking.findings import Result

GOOD = """
def train(session, lr):
    w = load(session)
    session.report(loss=loss(w))
    w = descend(session, w, lr)
    save(session, w)
    session.report(loss=loss(w))
"""


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def test_a_file_that_restores_what_it_saved_passes(files: Files) -> None:
    found = files.check(GOOD)
    assert found.report.ok
    assert found.unseen == ["hyperparameters"]
    assert found["restored"].result is Result.PASSED
    assert found.report.checkpoint_bytes == 128 + 16
    assert found.report.seconds_per_step is not None
    assert 0 <= found.report.seconds_per_step < 1


def test_a_train_that_never_looks_at_the_warm_start_fails(files: Files) -> None:
    found = files.check(
        """
        def train(session, lr):
            w = descend(session, fresh(session.seed), lr)
            save(session, w)
            session.report(loss=loss(w))
        """
    )
    assert found.failed == ["warm_start"]
    assert "never looked at session.warm_start" in found["warm_start"].message
    assert "if session.warm_start" in found["warm_start"].advice


FORGETS = """
def load(session):
    if session.warm_start:
        np.load(session.warm_start / "w.npy")
    return fresh(session.seed)
"""


def test_a_model_that_scores_otherwise_than_it_was_saved_fails_with_both_numbers(files: Files) -> None:
    found = files.check(FORGETS + GOOD)
    assert found.failed == ["restored"]
    message = found["restored"].message
    assert "loss was " in message
    assert "when the checkpoint was saved and is " in message


REPORTS_AT_THE_END = """
def train(session, lr):
    w = descend(session, load(session), lr)
    save(session, w)
    session.report(loss=loss(w))
"""


def test_without_a_score_before_the_first_step_sessions_that_train_nothing_tell(files: Files) -> None:
    assert files.check(REPORTS_AT_THE_END)["restored"].result is Result.PASSED
    forgotten = files.check(FORGETS + REPORTS_AT_THE_END)
    assert forgotten.failed == ["restored"]


def test_a_model_of_which_a_part_is_not_restored_fails(files: Files) -> None:
    part = """
def load(session):
    if session.warm_start:
        return np.array([np.load(session.warm_start / "w.npy")[0], 0.0])
    return fresh(session.seed)
"""
    assert files.check(part + REPORTS_AT_THE_END).failed == ["restored"]
    assert files.check(part + GOOD).failed == ["restored"]


def test_what_evaluate_says_of_the_checkpoint_is_compared_too(files: Files) -> None:
    scored = """
def train(session, lr):
    save(session, descend(session, load(session), lr))

def evaluate(checkpoint):
    return {"loss": loss(np.load(checkpoint / "w.npy"))}
"""
    assert files.check(scored)["restored"].result is Result.PASSED
    assert files.check(FORGETS + scored).failed == ["restored"]


@pytest.mark.parametrize("beginning", ["0.0", "math.inf", "math.nan"])
def test_a_number_that_is_about_the_steps_and_not_the_model_is_no_failure(
    files: Files, beginning: str
) -> None:
    found = files.check(
        f"""
        def train(session, lr):
            w, total = load(session), {beginning}
            for _ in session.steps():
                w = w - lr * w
                total = (total if math.isfinite(total) else 0.0) + loss(w)
            save(session, w)
            session.report(loss=total)
        """
    )
    assert found.report.ok
    assert "restored" in found.unseen
    assert "before the loop" in found["restored"].advice


def test_a_score_that_is_noisy_by_nature_is_no_failure(files: Files) -> None:
    noisy = GOOD.replace("loss=loss(w)", "loss=loss(w) + 100 * random.random()")
    found = files.check(f"random.seed(4)\n{noisy}")
    assert found.report.ok
    assert "restored" in found.unseen
    assert "repeated" in found.unseen


DEPENDS = ["session.seed", "lr"]


@pytest.mark.parametrize("dependence", DEPENDS)
def test_a_score_that_depends_on_the_trial_is_a_note_as_the_model_is_restored(
    files: Files, dependence: str
) -> None:
    found = files.check(GOOD.replace("loss=loss(w)", f"loss=loss(w) + {dependence}"))
    assert found.report.ok
    assert "restored" in found.unseen
    assert "measured in the same way" in found["restored"].advice
    assert files.check(FORGETS + GOOD.replace("loss=loss(w)", f"loss=loss(w) + {dependence}")).failed == [
        "restored"
    ]


def test_a_tolerance_allows_for_noise(files: Files) -> None:
    noisy = GOOD.replace("    w = descend", "    w = w + 1e-2\n    w = descend").replace(
        "session.report(loss=loss(w))\n    w = w", "session.report(loss=loss(w) * 1.01)\n    w = w"
    )
    assert files.check(noisy).failed == ["restored"]
    assert files.check(noisy, tolerance=0.1).report.ok


def test_a_train_that_cannot_do_without_steps_says_that_the_score_is_not_known(files: Files) -> None:
    found = files.check(
        """
        def train(session, lr):
            w = load(session)
            for _ in session.steps():
                score = loss(w)
                w = w - lr * w
            save(session, w)
            session.report(loss=score)
        """
    )
    assert found.report.ok
    assert "UnboundLocalError" in found["restored"].message
    assert "session.report(loss=…) before the loop" in found["restored"].advice


def test_too_little_training_to_change_the_score_is_said(files: Files) -> None:
    found = files.check(GOOD.replace("loss=loss(w)", "loss=round(loss(w), -2)"))
    assert found.report.ok
    assert "never trained" in found["restored"].message
    assert "--steps" in found["restored"].advice


def test_a_session_that_cannot_go_on_fails_with_the_users_own_lines(files: Files) -> None:
    found = files.check(
        """
        def train(session, lr):
            w = np.load(session.warm_start / "weights.npy") if session.warm_start else fresh(1)
            save(session, descend(session, w, lr))
            session.report(loss=loss(w))
        """
    )
    assert found.failed == ["goes_on"]
    message = found["goes_on"].message
    assert "FileNotFoundError" in message
    assert " in train: " in message
    assert "progenitor_worker" not in message
    assert "lr=" in found["goes_on"].advice


MISTAKES = {
    "raises": ("def train(session, lr):\n    raise ValueError('too cold')", "fresh", "ValueError: too cold"),
    "exits": ("def train(session, lr):\n    raise SystemExit(3)", "fresh", "SystemExit: 3"),
    "returns early": ("def train(session, lr):\n    pass", "fresh", "before its end step 2"),
    "saves nothing": (
        "def train(session, lr):\n    descend(session, fresh(1), lr)\n    session.report(loss=1)",
        "fresh",
        "no checkpoint was saved at the end step 2",
    ),
    "reports nothing": (
        "def train(session, lr):\n    save(session, descend(session, load(session), lr))",
        "fresh",
        "session.report(loss=…)",
    ),
    "evaluate raises": (GOOD + "\ndef evaluate(checkpoint):\n    1 / 0", "fresh", "ZeroDivisionError"),
    "evaluate contradicts": (
        GOOD + "\ndef evaluate(checkpoint):\n    return {'loss': -1}",
        "fresh",
        "let only one of them give loss",
    ),
    "takes too little": ("def train(session):\n    pass", "file", "'lr'"),
    "no train": ("", "file", "defines no train"),
    "cannot be loaded": ("import no_such_module", "file", "no_such_module"),
    "a study that cannot be": ("Study()", "file", "TypeError"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_plain_mistake_fails_in_the_workers_words(files: Files, mistake: str) -> None:
    body, check, told = MISTAKES[mistake]
    found = files.check(body)
    assert found.failed == [check]
    assert told in found[check].message
    assert "checking/" not in found[check].message


def test_what_only_a_whole_trial_saves_is_told_how_to_check(files: Files) -> None:
    seldom = GOOD.replace("save(session, w)", "if session.step == 4:\n        save(session, w)")
    few = files.check(seldom)
    assert few.failed == ["fresh"]
    assert "--steps 4" in few["fresh"].advice
    assert "no checkpoint" not in files.check(seldom, steps=4)["fresh"].message


def test_a_session_is_never_longer_than_a_trial(files: Files) -> None:
    assert "4 steps" in files.check(GOOD, steps=100)["fresh"].message


def test_a_pickled_object_of_a_class_fails(files: Files) -> None:
    found = files.check(
        GOOD.replace("save(session, w)", "save_all(session, w)")
        + """
class Network:
    def __init__(self, w):
        self.w = w

def save_all(session, w):
    with session.checkpoint() as folder:
        np.save(folder / "w.npy", w)
        (folder / "network.pkl").write_bytes(pickle.dumps(Network(w)))
"""
    )
    assert found.failed == ["pickles"]
    assert "network.pkl" in found["pickles"].message
    assert ".Network" in found["pickles"].message
    assert "safetensors" in found["pickles"].advice


def test_another_result_of_the_same_session_is_a_note(files: Files) -> None:
    found = files.check(GOOD.replace("w = descend", "w = w + random.random() - 0.5\n    w = descend"))
    assert found.report.ok
    assert "repeated" in found.unseen


def test_immutable_hyperparameters_stay_and_the_others_change(files: Files) -> None:
    head = HEAD.replace(
        '"lr": Double(1e-3, 1e-1, log=True)',
        '"lr": Double(1e-3, 1e-1, log=True), "width": Integer(1, 9, immutable=True), "kind": Categorical(["a", "b"]), '
        '"half": Discrete([1, 2]), "count": Integer(1, 2), "only": Discrete([7])',
    )
    found = files.check(
        """
        seen = Path(__file__).with_suffix(".json")

        def train(session, **parameters):
            known = json.loads(seen.read_text()) if seen.exists() else []
            seen.write_text(json.dumps([*known, parameters]))
            w = descend(session, load(session), parameters["lr"])
            save(session, w)
            session.report(loss=loss(w))
        """,
        head=head,
    )
    assert found.report.ok
    (file,) = files.folder.glob("*.json")
    first, second, *_ = json.loads(file.read_text())
    assert first["width"] == second["width"]
    assert (first["only"], second["only"]) == (7, 7)
    for name in ("lr", "kind", "half", "count"):
        assert first[name] != second[name], name
    assert math.isclose(first["lr"] * second["lr"], 1e-4)
    assert isinstance(second["half"], int)
