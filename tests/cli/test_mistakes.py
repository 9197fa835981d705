"""A user's mistake ends with what to change, never with a traceback of ours."""

from collections.abc import Callable

import pytest

from progenitor.v1 import study_pb2
from progenitor_cli.lookup import connected

from .place import Ended, Place

Change = Callable[[str], str]


def changed(old: str, new: str) -> Change:
    def change(source: str) -> str:
        assert old in source
        return source.replace(old, new)

    return change


BEFORE_TRAINING = {
    "no study": (changed("study = Study(", "another = Study("), ["defines no study", "study = Study("]),
    "study of another type": (changed("study = Study(", "study = dict("), ["it must be a progenitor.Study"]),
    "no train": (changed("def train(", "def trian("), ["defines no train", "def train(session"]),
    "train lacks a parameter": (changed("lr, width", "lr"), ["'width'", "def train(session, lr, width)"]),
    "train wants another parameter": (changed("lr, width", "lr, width, depth"), ["'depth'", "does not have"]),
    "a syntax error": (lambda source: f"{source}\n)", ["SyntaxError", "train.py:"]),
    "an import that fails": (
        lambda source: f"import no_such_module\n{source}",
        ["no_such_module", "train.py:1"],
    ),
    "an unknown argument": (changed("max_steps", "max_step"), ["'max_step'", "did you mean 'max_steps'?"]),
    "bounds the wrong way round": (changed("0.01, 1.0", "1.0, 0.01"), ["min 1.0 is greater than max 0.01"]),
    "log scale from 0": (changed("0.01, 1.0", "0.0, 1.0"), ["log scale"]),
    "no budget": (changed("max_steps=6,", ""), ["needs a budget"]),
    "a bad name": (changed("seed=7", 'seed=7, name="My Study"'), ["'My Study'", "[a-z][a-z0-9-]{0,62}"]),
    "what only the controller knows": (
        changed("seed=7", "seed=7, selection=TruncationSelection(fraction=3)"),
        ["truncation.fraction", "must be from 0 to 0.5"],
    ),
}

WHILE_TRAINING = {
    "train raises": (
        changed("pass", 'raise ValueError("too cold")'),
        ["ValueError: too cold", "train.py:", "log: "],
    ),
    "train ends its process": (changed("pass", "import os; os._exit(3)"), ["exited with 3", "log: "]),
    "no checkpoint": (changed("with session.checkpoint() as folder:", "if False:"), ["session.checkpoint()"]),
    "a metric is not reported": (changed("report(score=", "report(scores="), ["session.report(score="]),
    "metrics are always NaN": (
        changed("score=score", 'score=float("nan")'),
        ["finite fitness", "score = nan"],
    ),
    "train always returns early": (
        changed("for step in session.steps():", "for step in ():"),
        ["train returned at step 0", "end step 2"],
    ),
}


def outcome(place: Place, change: Change) -> Ended:
    file = place.train_file()
    file.write_text(change(file.read_text()))
    found = place.run("run", "train.py")
    assert "Traceback" not in found.out + found.err
    assert "progenitor_" not in found.out + found.err
    return found


@pytest.mark.parametrize("mistake", BEFORE_TRAINING)
def test_a_mistake_is_told_before_anything_is_trained(place: Place, mistake: str) -> None:
    change, told = BEFORE_TRAINING[mistake]
    found = outcome(place, change)
    assert found.code == 2
    assert not found.out
    for words in told:
        assert words in found.err
    with connected(None, None, place.folder) as client:
        assert not list(client.list_studies())


@pytest.mark.parametrize("mistake", WHILE_TRAINING)
def test_a_study_that_cannot_go_on_is_failed_and_says_why(place: Place, mistake: str) -> None:
    change, told = WHILE_TRAINING[mistake]
    found = outcome(place, change)
    assert found.code == 1
    for words in told:
        assert words in found.err
    assert "studies/train is failed" in found.err
    with connected(None, None, place.folder) as client:
        assert client.get_study("studies/train").state == study_pb2.STUDY_STATE_FAILED


def test_a_failure_is_told_once_with_its_log_and_the_study_goes_on(place: Place) -> None:
    file = place.train_file(population=4, body='if step == 3: print("warm"); check(session)')
    # The first try of each trial of the second generation fails.
    file.write_text(
        file.read_text()
        + """

def check(session):
    tried = Path(f"tried-{session.seed}")
    if not tried.exists():
        tried.touch()
        raise ValueError("too cold")
"""
    )
    found = place.run("run", "train.py")
    assert found.code == 0, found.err
    assert found.out.count("ValueError: too cold") == 1
    (log,) = [line.split("log: ")[1] for line in found.out.splitlines() if "log: " in line]
    assert "warm" in (place.path / log).read_text()


def test_failures_of_which_only_numbers_differ_are_told_once(place: Place) -> None:
    place.train_file(body='raise ValueError(f"the loss is {lr} at step {step} of seed {session.seed}")')
    found = place.run("run", "train.py", "--workers", "1")
    assert found.code == 1
    assert found.out.count("ValueError: the loss is") == 1
    assert found.err.count("ValueError: the loss is") == 1


def test_a_file_that_is_not_there_is_named(place: Place) -> None:
    found = place.run("run", "nowhere.py")
    assert found.code == 2
    assert "There is no file nowhere.py" in found.err


def test_a_database_that_cannot_be_is_named(place: Place) -> None:
    place.train_file()
    found = place.run("run", "train.py", "--database", "mysql://somewhere/x")
    assert found.code == 2
    assert "mysql" in found.err
    assert "Traceback" not in found.err


def test_an_unknown_option_is_a_usage_error(place: Place) -> None:
    found = place.run("run", "train.py", "--nonsense")
    assert found.code == 2
    assert "--nonsense" in found.err


def test_a_store_that_cannot_be_written_fails_no_trial(place: Place) -> None:
    place.train_file()
    refused = place.run("run", "train.py", "--store", "train.py")
    assert refused.code == 2
    assert "train.py cannot be written" in refused.err
    assert place.trials() == []
