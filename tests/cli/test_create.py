"""Studies made without training, and those that go on from a trial of another."""

import json
import shutil
from pathlib import Path

import pytest

from progenitor.v1 import study_pb2, study_service_pb2
from progenitor_cli.lookup import connected
from progenitor_cli.training.disk import DiskEstimate, estimate

from .place import Place


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Place:
    place = Place(tmp_path_factory.mktemp("finished"))
    place.train_file()
    assert place.run("run", "train.py").code == 0
    return place


@pytest.fixture
def copy(finished: Place, place: Place) -> Place:
    shutil.copytree(finished.path, place.path, dirs_exist_ok=True)
    return place


def test_a_files_study_is_created_in_a_new_folder_and_trained_by_it_later(place: Place) -> None:
    place.train_file()
    created = place.run("create", "train.py", "--json")
    assert created.result["name"] == "studies/train"
    assert place.trials() == []
    assert place.run("run", "train.py", "--json").result["study"] == "studies/train"


def test_a_study_of_that_name_is_not_made_twice(copy: Place) -> None:
    refused = copy.run("create", "train.py")
    assert refused.code == 1
    assert "train" in refused.err
    assert copy.run("create", "train.py", "--name", "train-two").code == 0


def test_every_member_goes_on_from_the_trial_with_its_hyperparameters(copy: Place) -> None:
    origin = copy.trials()[3]
    created = copy.run("create", "--from", "train/4", "--max-steps", "10", "--name", "longer", "--json")
    assert created.code == 0, created.err
    assert copy.run("run", "train.py", "--study", "longer").code == 0
    first = copy.trials("longer")[:3]
    for trial in first:
        assert trial["parameters"] == origin["parameters"]
        assert trial["warm_start"]["uri"] == origin["checkpoint"]["uri"]
        assert trial["start_step"] == origin["checkpoint"]["step"] == 4
    assert max(trial["end_step"] for trial in copy.trials("longer")) == 10
    score = json.loads(next(copy.folder.joinpath("checkpoints").glob("*/4/1/4-*/state.json")).read_text())
    assert first[0]["measurement"]["metrics"]["score"] == pytest.approx(
        score + origin["parameters"]["lr"]["double_value"] * (5 + 6)
    )


def test_the_checkpoint_gone_on_from_is_pinned(copy: Place) -> None:
    assert copy.run("create", "--from", "train/4", "--max-steps", "10").code == 0
    with connected(None, None, copy.folder) as client:
        pinned = [found.trial for found in client.list_checkpoints("train") if found.checkpoint.pinned]
    assert pinned == ["studies/train/trials/4"]


def test_single_makes_one_long_run_with_fixed_hyperparameters(copy: Place) -> None:
    made = copy.run(
        *("create", "--from", "train/9", "--single", "--max-steps", "20"),
        *("--steps-per-trial", "7", "--json"),
    )
    assert made.result["name"] == "studies/train-2"
    assert copy.run("run", "train.py", "--study", "train-2").code == 0
    trials = copy.trials("train-2")
    assert [(trial["start_step"], trial["end_step"]) for trial in trials] == [(6, 13), (13, 20)]
    assert trials[0]["parameters"] == trials[1]["parameters"] == copy.trials()[8]["parameters"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "FILE"),
        (("--from", "train/9"), "--max-steps"),
        (("--from", "train/9", "--max-steps", "6"), "--max-steps"),
        (("--from", "nine"), "STUDY/NUMBER"),
        (("nothing.py",), "nothing.py"),
    ],
)
def test_what_cannot_be_created_is_a_usage_error_and_nothing_is_stored(
    finished: Place, arguments: tuple[str, ...], told: str
) -> None:
    refused = finished.run("create", *arguments)
    assert (refused.code, refused.out) == (2, "")
    assert told in refused.err
    with connected(None, None, finished.folder) as client:
        assert [study.name for study in client.list_studies()] == ["studies/train"]
        assert not any(found.checkpoint.pinned for found in client.list_checkpoints("train"))


def test_a_refused_study_pins_nothing(copy: Place) -> None:
    copy.train_file("narrow.py", population=2)
    narrow = copy.path / "narrow.py"
    narrow.write_text(narrow.read_text().replace("Double(0.01, 1.0, log=True)", "Double(5.0, 9.0)"))
    refused = copy.run("create", "narrow.py", "--from", "train/4", "--max-steps", "10")
    assert refused.code == 2
    assert "initial_population" in refused.err
    with connected(None, None, copy.folder) as client:
        assert not any(found.checkpoint.pinned for found in client.list_checkpoints("train"))


def test_a_file_with_other_hyperparameters_cannot_train_a_named_study(copy: Place) -> None:
    copy.write("other.py", (copy.path / "train.py").read_text().replace("width", "depth"))
    refused = copy.run("run", "other.py", "--study", "train")
    assert refused.code == 2
    assert "depth" in refused.err
    assert "width" in refused.err
    assert copy.run("run", "train.py", "--study", "train", "--fresh").code == 2


def test_a_study_made_by_create_is_trained_by_work(copy: Place) -> None:
    assert copy.run("create", "--from", "train/4", "--max-steps", "8", "--name", "on").code == 0
    serving = copy.start("serve", "--listen", "127.0.0.1:0", "--json")
    assert serving.stdout is not None
    address = json.loads(serving.stdout.readline())["address"]
    worked = copy.run("work", "train.py", "--study", "on", "--controller", address, "--json")
    assert worked.code == 0, worked.err
    assert worked.result["study"]["state"] == "STUDY_STATE_COMPLETED"
    assert "Working on on" in worked.err
    again = copy.run("work", "train.py", "--study", "on", "--controller", address)
    assert "on is completed" in again.out
    serving.terminate()
    assert serving.wait(20) == 0


def test_disk_use_is_told_once_after_the_first_generation(copy: Place) -> None:
    with connected(None, None, copy.folder) as client:
        status = client.get_study_status("train")
        disk = DiskEstimate(client, copy.folder)
        early = study_service_pb2.GetStudyStatusResponse()
        early.CopyFrom(status)
        early.progress = 0.1
        early.trial_counts["TRIAL_STATE_COMPLETED"] = 2
        assert disk.news(early) == "", "three members, two trials"
        early.progress = 1 / 3
        early.trial_counts["TRIAL_STATE_COMPLETED"] = 3
        early.study.state = study_pb2.STUDY_STATE_ACTIVE
        assert "in all" in disk.news(early)
        assert disk.news(early) == ""


def test_disk_use_that_will_not_fit_is_a_warning_that_says_what_to_do() -> None:
    gib = 1 << 30
    fits = estimate(used=gib, progress=0.25, free=4 * gib, store=Path("/store"))
    assert fits == "Checkpoints will take about 4 GiB in all; 4 GiB are free."
    full = estimate(used=gib, progress=0.25, free=2 * gib, store=Path("/store"))
    assert full.startswith("WARNING")
    assert "2 GiB are free in /store" in full
