import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from .place import Ended, Place

BEST = {"trial", "metrics", "parameters", "checkpoint"}


@pytest.fixture
def finished(place: Place) -> Ended:
    place.train_file()
    found = place.run("run", "train.py", "--json")
    assert found.code == 0, found.err
    return found


def test_json_is_one_line_with_the_best_trial_and_each_members_newest(finished: Ended) -> None:
    result = finished.result
    assert set(result) == {"study", "best", "population"}
    assert result["study"] == "studies/train"
    assert len(result["population"]) == 3
    for trial in (result["best"], *result["population"]):
        assert set(trial) == BEST
        assert trial["trial"].startswith("studies/train/trials/")
        assert isinstance(trial["metrics"]["score"], float)
        assert isinstance(trial["parameters"]["lr"], float)
        assert isinstance(trial["parameters"]["width"], int)
        checkpoint = Path(trial["checkpoint"])
        assert checkpoint.is_absolute()
        assert json.loads((checkpoint / "state.json").read_text()) == trial["metrics"]["score"]
    assert result["best"]["metrics"]["score"] == max(
        trial["metrics"]["score"] for trial in result["population"]
    )


def test_progress_goes_to_stderr_with_json(finished: Ended) -> None:
    assert len(finished.out.splitlines()) == 1
    assert "%, " in finished.err
    assert " steps" in finished.err


def test_a_finished_study_is_shown_again_without_training(place: Place, finished: Ended) -> None:
    before = place.trials()
    again = place.run("run", "train.py", "--json")
    assert again.code == 0
    assert again.result == finished.result
    assert place.trials() == before


def test_text_names_the_best_trial_its_checkpoint_and_its_schedule(place: Place, finished: Ended) -> None:
    found = place.run("run", "train.py")
    best = finished.result["best"]
    assert found.code == 0
    assert f"Checkpoint: {best['checkpoint']}" in found.out
    assert "Its schedule:" in found.out
    assert "larger budget (max_steps=6 now)" in found.out
    assert repr(best["parameters"]["lr"]) in found.out


def test_a_larger_budget_goes_on_from_where_the_study_ended(place: Place, finished: Ended) -> None:
    before = {trial["name"]: trial for trial in place.trials()}
    place.train_file(steps=10)
    found = place.run("run", "train.py", "--json")
    assert found.code == 0
    assert "max_steps: 6 → 10" in found.err
    after = place.trials()
    assert max(trial["end_step"] for trial in after) == 10
    assert {trial["name"]: trial for trial in after if trial["name"] in before} == before


def test_another_change_is_refused_with_what_differs(place: Place, finished: Ended) -> None:
    file = place.train_file(population=4)
    file.write_text(file.read_text().replace("0.01, 1.0", "0.01, 2.0"))
    found = place.run("run", "train.py")
    assert found.code == 2
    assert "parameters.lr.double_domain.max: 1.0 → 2.0" in found.err
    assert "population_based_training.population_size: 3 → 4" in found.err
    assert "--fresh" in found.err
    assert "Study(name=" in found.err
    assert "Traceback" not in found.err


def test_fresh_starts_numbered_studies_and_later_runs_go_on_with_the_newest(
    place: Place, finished: Ended
) -> None:
    place.train_file(population=2, steps=4)
    second = place.run("run", "train.py", "--fresh", "--json")
    assert second.result["study"] == "studies/train-2"
    assert place.run("run", "train.py", "--json").result == second.result
    place.train_file()
    assert place.run("run", "train.py", "--json").result == finished.result, (
        "the file describes the first one again"
    )
    assert place.run("run", "train.py", "--fresh", "--json").result["study"] == "studies/train-3"


def test_the_schedule_covers_every_step_once(place: Place) -> None:
    place.train_file(population=4, steps=12, more="selection=TruncationSelection(fraction=0.5),")
    found = place.run("run", "train.py")
    rows = found.out.partition("Its schedule:\n")[2].partition("\n\n")[0].splitlines()[1:]
    stretches = [[int(number) for number in row.split()[0].split("…")] for row in rows]
    assert stretches[0][0] == 1
    for before, after in pairwise(stretches):
        assert after[0] == before[-1] + 1


def test_everything_is_kept_in_a_folder_that_git_ignores(place: Place, finished: Ended) -> None:
    assert (place.folder / ".gitignore").read_text() == "*\n"
    assert {path.name for path in place.folder.iterdir()} >= {
        "progenitor.db",
        "checkpoints",
        "logs",
        "workers",
        "lock",
    }
    assert not (place.folder / "address").exists()
    assert [path.name for path in place.path.iterdir() if path.name not in ("train.py", "__pycache__")] == [
        ".progenitor"
    ]


def test_folder_database_and_store_may_be_elsewhere(place: Place) -> None:
    place.train_file()
    found = place.run(
        "run",
        "train.py",
        "--json",
        "--dir",
        "kept",
        "--database",
        f"sqlite:///{place.path}/d.db",
        "--store",
        "s",
    )
    assert found.code == 0, found.err
    assert Path(found.result["best"]["checkpoint"]).is_relative_to(place.path / "s")
    assert (place.path / "d.db").exists()
    assert (place.path / "kept" / "lock").exists()
    assert not place.folder.exists()


def test_metrics_that_are_not_finite_are_null(place: Place) -> None:
    place.train_file(body='score = float("nan")')
    found = place.run("run", "train.py", "--json")
    assert found.code == 1
    assert found.result["best"] is None
    assert {trial["metrics"]["score"] for trial in found.result["population"]} == {None}


def test_a_name_in_the_file_is_the_studys(place: Place) -> None:
    place.train_file(more='name="other",')
    assert place.run("run", "train.py", "--json").result["study"] == "studies/other"


@pytest.mark.parametrize(
    ("file", "study"), [("My_train.py", "my-train"), ("2nd try.py", "study-2nd-try"), ("a.b.py", "a-b")]
)
def test_a_files_name_becomes_a_studys(place: Place, file: str, study: str) -> None:
    place.train_file(file, population=1, steps=2)
    assert place.run("run", file, "--json").result["study"] == f"studies/{study}"


def test_a_command_trains_where_the_file_says_so(place: Place) -> None:
    place.train_file(population=2, steps=4)
    train = (
        'cp "$PROGENITOR_PARAMETERS" "$PROGENITOR_CHECKPOINT/p.json" && '
        'echo \'{"metrics": {"score": 1.5}}\' >> "$PROGENITOR_METRICS"'
    )
    found = place.run("run", "train.py", "--command", train, "--json")
    assert found.code == 0, found.err
    parameters: Any = json.loads((Path(found.result["best"]["checkpoint"]) / "p.json").read_text())
    assert parameters == found.result["best"]["parameters"]
