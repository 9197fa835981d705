"""`status` and `trials`: what they say of a finished study, as text and as JSON."""

import pytest

from .place import Place


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Two studies in one folder, which nothing here changes."""
    place = Place(tmp_path_factory.mktemp("finished"))
    place.train_file()
    assert place.run("run", "train.py").code == 0
    place.train_file("other.py", population=1, steps=2)
    assert place.run("run", "other.py").code == 0
    return place


def test_status_json_is_the_protos_form_on_one_line(finished: Place) -> None:
    (status,) = finished.run("status", "train", "--json").lines
    assert status["study"]["name"] == "studies/train"
    assert status["study"]["state"] == "STUDY_STATE_COMPLETED"
    assert status["study"]["spec"]["seed"] == 7, "wide integers are numbers"
    assert status["study"]["spec"]["budget"]["max_total_steps"] == 0, "what has no presence is always there"
    assert status["total_steps"] == 18
    assert status["trial_counts"]["TRIAL_STATE_COMPLETED"] == 9
    assert status["progress"] == 1.0
    assert status["elapsed"].endswith("s")
    assert status["best_trial"]["name"].startswith("studies/train/trials/")


def test_trials_json_is_one_trial_a_line_by_number(finished: Place) -> None:
    trials = finished.run("trials", "studies/train", "--json").lines
    assert [trial["name"] for trial in trials] == [
        f"studies/train/trials/{number}" for number in range(1, 10)
    ]
    for trial in trials:
        assert trial["state"] == "TRIAL_STATE_COMPLETED"
        assert isinstance(trial["seed"], int)
        assert isinstance(trial["parameters"]["width"]["integer_value"], int)
        assert isinstance(trial["measurement"]["metrics"]["score"], float)
        assert trial["failures"] == trial["preemptions"] == 0


@pytest.mark.parametrize("state", ["completed", "TRIAL_STATE_COMPLETED"])
def test_trials_may_be_asked_for_by_state(finished: Place, state: str) -> None:
    assert len(finished.run("trials", "train", "--json", "--state", state, "--state", "failed").lines) == 9


def test_a_state_that_no_trial_has_gives_no_line(finished: Place) -> None:
    found = finished.run("trials", "train", "--json", "--state", "failed")
    assert (found.code, found.out) == (0, "")


def test_an_unknown_state_is_named_with_those_there_are(finished: Place) -> None:
    found = finished.run("trials", "train", "--state", "sleeping")
    assert found.code == 2
    assert "'sleeping'" in found.err
    assert "preempted" in found.err


def test_text_has_a_line_for_each_trial(finished: Place) -> None:
    found = finished.run("trials", "train")
    assert len(found.out.splitlines()) == 10
    shown = finished.run("status", "train")
    assert "train is completed" in shown.out
    assert "9 completed, 18 steps" in shown.out
    assert "Best: trial" in shown.out


def test_with_several_studies_one_has_to_be_named(finished: Place) -> None:
    for command in ("status", "trials"):
        found = finished.run(command)
        assert found.code == 2
        assert found.err.splitlines()[1:] == ["  other", "  train"]


def test_an_unknown_study_is_an_error(finished: Place) -> None:
    found = finished.run("status", "nothing")
    assert found.code == 1
    assert "nothing" in found.err
    assert "Traceback" not in found.err


def test_what_cannot_be_a_studys_name_is_a_usage_error(finished: Place) -> None:
    assert finished.run("status", "No Name").code == 2


def test_a_folder_without_studies_is_an_error_and_stays_untouched(place: Place) -> None:
    found = place.run("status")
    assert found.code == 2
    assert "progenitor run FILE" in found.err
    assert not place.folder.exists()


def test_a_controller_that_does_not_answer_is_named(place: Place) -> None:
    for command in ("status", "trials"):
        found = place.run(command, "--controller", "127.0.0.1:1")
        assert found.code == 1
        assert "No controller answers at 127.0.0.1:1" in found.err
        assert "Traceback" not in found.err
