"""How a slot comes to the metrics of a checkpoint: `evaluate`, and trials resumed at their end."""

from pathlib import Path

from tests.worker_client.other_side import OtherSide, trial
from tests.worker_client.slot_worker import COMPLETED, FAILED, GOOD, Work

from progenitor.v1 import trial_pb2


def test_evaluate_measures_the_durable_checkpoint_before_the_trial_is_completed(work: Work) -> None:
    other = OtherSide([trial(1), trial(2)])
    body = """
    print("loaded by", os.getpid())
    def train(session, lr):
        for step in session.steps():
            pass
        with session.checkpoint() as folder:
            (folder / "w").write_text(str(os.getpid()))
    def evaluate(checkpoint, lr):
        assert (checkpoint / "w").read_text() != str(os.getpid()), "the same process"
        return {"score": lr, "other": 2}
    """
    assert work(other, body).end().error == ""
    assert [report.outcome for report in other.reports] == [COMPLETED] * 2
    assert [dict(m.metrics) for m in other.measured] == [{"score": 0.5, "other": 2.0}] * 2
    assert all(report.timing.HasField("evaluate") for report in other.reports)


def test_a_trial_that_was_saved_at_its_end_step_is_only_evaluated(work: Work, tmp_path: Path) -> None:
    folder = tmp_path / "store" / "uid" / "1" / "1" / "4-aa"
    folder.mkdir(parents=True)
    (folder / "w").write_text("x")
    handed = trial(1)
    handed.lease.epoch = 2
    handed.warm_start.uri, handed.warm_start.step = "uid/1/1/4-aa", 4
    other = OtherSide([handed])
    body = """
    def train(session, lr):
        assert list(session.steps()) == []
    def evaluate(checkpoint):
        return {"score": len((checkpoint / "w").read_text())}
    """
    work(other, body).end()
    (report,) = other.reports
    assert report.outcome == COMPLETED, report.failure_message
    assert [dict(m.metrics) for m in report.measurements] == [{"score": 1.0}]


def resumed_at_its_end(folder: Path) -> trial_pb2.Trial:
    checkpoint = folder / "store" / "uid" / "1" / "1" / "4-aa"
    checkpoint.mkdir(parents=True)
    (checkpoint / "w").write_text("x")
    handed = trial(1)
    handed.lease.epoch = 2
    handed.warm_start.uri, handed.warm_start.step = "uid/1/1/4-aa", 4
    return handed


TRAINED = """
def train(session, lr):
    for step in session.steps():
        pass
"""


def test_the_controller_judges_whether_a_trial_resumed_at_its_end_misses_a_metric(
    work: Work, tmp_path: Path
) -> None:
    """It knows what an earlier holder has told."""
    other = OtherSide([resumed_at_its_end(tmp_path)])
    work(other, TRAINED).end()
    assert [report.outcome for report in other.reports] == [COMPLETED]


def test_a_trial_resumed_at_its_end_that_the_controller_refuses_fails_with_what_is_missing(
    work: Work, tmp_path: Path
) -> None:
    other = OtherSide(
        [resumed_at_its_end(tmp_path)], refuses=lambda r: "no score" if r.outcome == COMPLETED else None
    )
    work(other, TRAINED).end()
    (report,) = other.reports
    assert report.outcome == FAILED
    assert "the metrics score were not reported at the end step 4" in report.failure_message


def test_two_values_of_one_metric_are_a_failure_that_names_both(work: Work) -> None:
    other = OtherSide([trial(1)])
    work(other, GOOD + "def evaluate(checkpoint): return {'score': 7.0}").end()
    (report,) = other.reports
    assert report.outcome == FAILED
    said = (
        "evaluate returned score=7.0, train reported 2.0 at the same step 4: let only one of them give score"
    )
    assert said in report.failure_message


def test_the_same_value_from_train_and_evaluate_is_no_contradiction(work: Work) -> None:
    other = OtherSide([trial(1), trial(2)])
    body = """
    def train(session, lr):
        session.advance(4)
        session.report(score=float("nan") if session.seed == 1 else 1)
        with session.checkpoint() as folder:
            (folder / "w").write_text(str(session.seed))
    def evaluate(checkpoint):
        return {"score": float("nan") if (checkpoint / "w").read_text() == "1" else 1}
    """
    work(other, body).end()
    assert [(report.outcome, report.failure_message) for report in other.reports] == [(COMPLETED, "")] * 2


def test_the_log_says_where_evaluation_begins(work: Work) -> None:
    worker = work(OtherSide([trial(1)]), GOOD + "def evaluate(checkpoint): return {'other': 7.0}")
    worker.end()
    headers = [
        line
        for line in (worker.folder / "logs" / "uid" / "1.log").read_text().splitlines()
        if line.startswith("---")
    ]
    assert [header.endswith(", evaluate ---") for header in headers] == [False, True]
