"""progenitor.local: a controller and workers in the process of a program or a notebook."""

import threading

import pytest
from tests.waiting import until

import progenitor
from progenitor.v1 import study_pb2

from .place import Place


@pytest.fixture
def here(place: Place, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.chdir(place.path)
    return place


def test_a_program_trains_asks_and_goes_on(here: Place) -> None:
    here.train_file(steps=4)
    with progenitor.local() as controller:
        study = controller.train("train.py", workers=1)
        assert study.state == study_pb2.STUDY_STATE_COMPLETED
        best = next(controller.list_best_trials("train"))
        assert (controller.store / best.checkpoint.uri / "state.json").exists()
        assert len(controller.to_dataframe("train")) == len(list(controller.list_trials("train")))
        budget = study_pb2.Budget(max_steps=6)
        assert controller.update_study("train", budget=budget).state == study_pb2.STUDY_STATE_ACTIVE
        assert controller.train("train.py", study="train", workers=1).spec.budget.max_steps == 6
        assert max(trial.end_step for trial in controller.list_trials("train")) == 6
    assert here.run("status").code == 0, "the command line finds what the program did"


def test_a_study_described_in_a_program_is_created_as_it_is(here: Place) -> None:
    described = progenitor.Study(
        metrics=[progenitor.Minimize("loss")],
        parameters={"lr": progenitor.Double(0.1, 1.0)},
        population_size=2,
        steps_per_trial=1,
        max_steps=2,
    )
    with progenitor.local("elsewhere") as controller:
        assert controller.create_study("mine", described).spec == described.spec()
        with pytest.raises(progenitor.CallRefused, match="mine"):
            controller.create_study("mine", described)


def test_one_process_at_a_time_holds_a_folder(here: Place) -> None:
    with progenitor.local() as controller:
        refused = here.run("run", str(here.train_file()))
        assert refused.code == 2
        assert controller.address in refused.err
        with pytest.raises(progenitor.CliError, match="in use"), progenitor.local():
            pass
    with progenitor.local():
        pass


def test_a_failed_study_is_returned_with_its_reason(here: Place) -> None:
    here.train_file(population=1, body="raise ValueError('no')", more="max_failures_per_trial=1,")
    with progenitor.local() as controller:
        study = controller.train("train.py", workers=1)
        assert study.state == study_pb2.STUDY_STATE_FAILED
        assert study.state_message


def test_a_watch_in_a_program_ends_with_the_study(here: Place) -> None:
    here.train_file(steps=20, body="time.sleep(0.01)")
    with progenitor.local() as controller:
        training = threading.Thread(target=controller.train, args=("train.py",), kwargs={"workers": 2})
        training.start()
        with progenitor.Client(controller.address) as client:
            until(lambda: list(client.list_studies()))
            newest = {trial.name: trial for trial in client.watch_trials("train")}
        training.join()
        assert newest == {trial.name: trial for trial in controller.list_trials("train")}


def test_what_nobody_answers_is_an_error_that_names_the_address() -> None:
    with progenitor.Client("127.0.0.1:1") as client:
        with pytest.raises(progenitor.ControllerUnreachable, match=r"127\.0\.0\.1:1"):
            client.get_study("train")
        with pytest.raises(progenitor.CliError, match="STUDY/NUMBER"):
            client.get_trial("seven")
