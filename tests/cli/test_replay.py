"""`progenitor replay`: a study's trials trained again by real workers, and the difference told."""

import json
from pathlib import Path

import pytest

from progenitor.v1 import study_pb2, trial_pb2
from progenitor_cli.lookup import connected
from progenitor_cli.text.shown import study_text, trial_text
from progenitor_cli.text.tables import trials_table

from .place import Place

SEEDED = "score += __import__('random').Random(session.seed + step).random() * lr"
"""Depends on the seed and the hyperparameters, on nothing else."""
NEWEST = [f"train/{number}" for number in range(21, 25)]
"""The four members' trials of the last generation."""
OTHERWISE_SINCE_STEP_3 = f"{SEEDED} * (1 if step < 3 else 2)"


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A study whose lineages cross members, and the replay of all that its last generation comes from."""
    place = Place(tmp_path_factory.mktemp("finished"))
    place.train_file(
        population=4, steps=12, body=SEEDED, more="selection=TruncationSelection(0.5), synchronous=True,"
    )
    assert place.run("run", "train.py").code == 0
    replayed = place.run("replay", *NEWEST, "--file", "train.py", "--workers", "2", "--json")
    assert replayed.code == 0, replayed.err
    assert replayed.result["state"] == "STUDY_STATE_COMPLETED"
    return place


def test_lineages_that_cross_members_are_trained_again_bit_equal(finished: Place) -> None:
    with connected(None, None, finished.folder) as client:
        lineages = [trial for name in NEWEST for trial in client.list_lineage(name)]
        again = {trial.replays: trial for trial in client.list_trials("train-replay")}
    originals = {trial.name: trial for trial in lineages}
    assert any(originals[trial.parent].member != trial.member for trial in lineages if trial.parent)
    assert again.keys() == originals.keys()
    for name, trial in again.items():
        assert trial.checkpoint.digest == originals[name].checkpoint.digest
        assert trial.measurement.metrics == originals[name].measurement.metrics
        assert trial.seed == originals[name].seed


def test_the_same_command_tells_what_came_of_it_and_trains_nothing(finished: Place) -> None:
    again = finished.run("replay", *reversed(NEWEST), "--json")
    count = len(finished.trials("train-replay"))
    assert again.code == 0
    assert again.result == {
        "study": "studies/train-replay",
        "state": "STUDY_STATE_COMPLETED",
        "trials": count,
        "completed": count,
        "differing": [],
        "remeasured": [],
    }
    assert f"all {count} checkpoints are the replayed ones" in finished.run("replay", *NEWEST).out


def test_a_replay_is_shown_with_what_it_repeats(finished: Place) -> None:
    with connected(None, None, finished.folder) as client:
        study = client.get_study("train-replay")
        trials = list(client.list_trials("train-replay"))
    assert "lr         0.01 … 1, log" in study_text(study), "as in the replayed study"
    table = trials_table(study.effective_spec, trials).splitlines()
    assert table[0].split()[-2:] == ["replays", "checkpoint"]
    assert all(line.endswith("the same") for line in table[1:])
    shown = trial_text(study, trials[0], [])
    assert "replays             " in shown
    assert f"{trials[0].replayed_digest} (the same)" in shown
    trials[0].replayed_digest = "sha256:0"
    assert "sha256:0 (differs)" in trial_text(study, trials[0], [])
    trials[0].state = trial_pb2.TRIAL_STATE_RUNNING
    assert "differs" not in trial_text(study, trials[0], [])


@pytest.fixture(scope="module")
def different(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A replay by code that trains otherwise from the third step on."""
    place = Place(tmp_path_factory.mktemp("different"))
    place.train_file(population=2, steps=6, body=SEEDED)
    assert place.run("run", "train.py").code == 0
    place.train_file("changed.py", population=2, steps=6, body=OTHERWISE_SINCE_STEP_3)
    changed = place.run("replay", "train", "--file", "changed.py", "--name", "changed", "--workers", "2")
    assert changed.code == 3, changed.err
    assert "2 of 3 checkpoints differ from the replayed ones" in changed.err
    return place


def test_a_difference_is_an_exit_code_a_table_and_the_studys_message(different: Place) -> None:
    told = different.run("replay", "train", "--name", "changed")
    assert told.code == 3
    assert "2 of 3 checkpoints differ from the replayed ones: first trial 2" in told.out
    _, rows = told.out.split("Checkpoints that differ from the replayed ones:\n")
    heads, first, second = rows.splitlines()
    assert heads.split() == [
        *("trial", "replays", "steps", "began", "with", "digest", "digest", "there"),
        *("score", "score", "there"),
    ]
    assert "the same" in first
    assert "other weights" in second
    with connected(None, None, different.folder) as client:
        assert client.get_study("changed").state == study_pb2.STUDY_STATE_COMPLETED


def test_the_differences_as_json_have_both_digests_and_metrics(different: Place) -> None:
    result = different.run("replay", "train", "--name", "changed", "--json").result
    assert [entry["trial"] for entry in result["differing"]] == [
        "studies/changed/trials/2",
        "studies/changed/trials/3",
    ]
    originals = {trial["name"]: trial for trial in different.trials("train")}
    for entry in result["differing"]:
        original = originals[entry["replays"]]
        assert entry["replayed_digest"] == original["checkpoint"]["digest"] != entry["digest"]
        assert entry["replayed_metrics"] == original["measurement"]["metrics"] != entry["metrics"]
    assert result["remeasured"] == []


def test_other_metrics_of_the_same_checkpoint_are_told_and_no_difference(place: Place) -> None:
    place.train_file(population=1, steps=2)
    assert place.run("run", "train.py").code == 0
    other = (place.path / "train.py").read_text().replace("report(score=score)", "report(score=score + 1)")
    place.write("other.py", other)
    told = place.run("replay", "train/1", "--file", "other.py", "--json")
    assert (told.code, told.result["differing"]) == (0, [])
    (entry,) = told.result["remeasured"]
    assert entry["metrics"]["score"] == entry["replayed_metrics"]["score"] + 1
    with connected(None, None, place.folder) as client:
        client.delete_study("train")
    alone = place.run("replay", "train/1", "--json")
    assert (alone.code, alone.result["remeasured"]) == (0, [])


def test_without_a_file_the_study_is_only_made_and_run_trains_it(different: Place) -> None:
    made = different.run("replay", "train/3", "train/2", "train/3", "--name", "made")
    assert made.code == 0
    assert "progenitor run FILE --study made" in made.out
    assert different.trials("made") == []
    assert different.run("run", "train.py", "--study", "made").code == 0
    told = different.run("replay", "train/2", "train/3", "--name", "made", "--json")
    assert (told.code, told.result["completed"]) == (0, told.result["trials"])


def test_a_fresh_one_is_made_beside_it_and_a_replay_is_replayed(finished: Place) -> None:
    fresh = finished.run("replay", *NEWEST, "--fresh", "--json").result
    assert (fresh["study"], fresh["completed"]) == ("studies/train-replay-2", 0)
    again = finished.run("replay", "train-replay", "--file", "train.py", "--json")
    assert (again.code, again.result["study"]) == (0, "studies/train-replay-replay")
    assert again.result["completed"] == 6, "the best one's lineage"


def test_a_replay_is_drawn_and_exported_as_any_study(finished: Place) -> None:
    exported = finished.run("export", "train-replay", "--what", "trials", "--output", "-")
    assert exported.out.splitlines()[0].count("lr") == 1
    assert finished.run("plot", "train-replay", "--output", "replay.svg").code == 0
    assert finished.run("status", "train-replay").code == 0


def test_a_command_in_another_language_trains_a_replay(place: Place) -> None:
    place.train_file("study.py", population=1, steps=4)
    script = (
        'printf "%s" "$PROGENITOR_SEED" > "$PROGENITOR_CHECKPOINT/seed" && '
        """echo '{"metrics": {"score": 1}}' >> "$PROGENITOR_METRICS" """
    )
    assert place.run("run", "study.py", "--command", script).code == 0
    again = place.run("replay", "study/2", "--command", script, "--json")
    assert (again.code, again.result["completed"]) == (0, 2), again.err


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        ((), 2, "STUDY|TRIAL"),
        (("nine",), 1, "nine"),
        (("train/99",), 1, "no trial 99"),
        (("absent/1",), 1, "no study 'absent'"),
        (("train/1", "--name", "train"), 1, "train"),
        (("train/1", "--file", "absent.py"), 2, "absent.py"),
        (("train/1", "--file", "train.py", "--controller", "127.0.0.1:1"), 2, "progenitor work"),
        (("train/1", "--file", "train.py", "--name", "No"), 2, "name"),
    ],
)
def test_what_cannot_be_replayed_is_told(
    different: Place, arguments: tuple[str, ...], code: int, told: str
) -> None:
    refused = different.run("replay", *arguments)
    assert (refused.code, refused.out) == (code, "")
    assert told in refused.err


def test_a_file_with_other_hyperparameters_trains_no_replay(different: Place) -> None:
    different.write("depth.py", (different.path / "train.py").read_text().replace("width", "depth"))
    refused = different.run("replay", "train/1", "--file", "depth.py", "--name", "deep")
    assert refused.code == 2
    assert "depth" in refused.err


def test_a_replay_that_fails_says_how_to_begin_another(place: Place) -> None:
    place.train_file(population=1, steps=4, more="max_failures_per_trial=1,")
    assert place.run("run", "train.py").code == 0
    place.train_file("broken.py", population=1, steps=4, body="1 / 0 if step > 2 else None")
    failed = place.run("replay", "train", "--file", "broken.py", "--json")
    assert failed.code == 1
    assert "a replay needs every one of its trials" in failed.err
    assert "`progenitor replay` with --fresh" in failed.err
    assert json.loads(failed.out)["state"] == "STUDY_STATE_FAILED"
    mended = place.run("replay", "train", "--file", "train.py", "--fresh", "--json")
    assert (mended.code, mended.result["study"]) == (0, "studies/train-replay-2")


def test_one_searches_on_from_a_replay_only_with_a_file(finished: Place, tmp_path: Path) -> None:
    refused = finished.run("create", "--from", "train-replay/3", "--max-steps", "20")
    assert refused.code == 2
    assert "replay" in refused.err
    created = finished.run(
        "create", "train.py", "--from", "train-replay/3", "--max-steps", "20", "--name", "on"
    )
    assert created.code == 0, created.err
