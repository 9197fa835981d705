"""What a worker knows of a trial that another held before."""

from progenitor.v1 import trial_pb2
from progenitor_worker.held_trial import HeldTrial


def resumed(at: int, measured_at: int) -> HeldTrial:
    return HeldTrial(
        trial_pb2.Trial(
            name="studies/s/trials/1",
            end_step=4,
            warm_start=trial_pb2.Checkpoint(uri="uid/1/1/4-x", step=at),
            measurement=trial_pb2.Measurement(step=measured_at, metrics={"score": 0.5}),
        )
    )


def test_one_that_was_preempted_at_its_end_has_the_metrics_that_were_told_there() -> None:
    """Its steps are all trained: code that reports inside its loop reports nothing more."""
    held = resumed(at=4, measured_at=4)
    assert held.checkpoint_at_end() == "uid/1/1/4-x"
    assert held.metrics_at_end() == {"score": 0.5}


def test_what_is_measured_now_counts_before_what_was_told() -> None:
    held = resumed(at=4, measured_at=4)
    held.measured(4, {"score": 0.75, "loss": 1.0}, 0.0)
    assert held.metrics_at_end() == {"score": 0.75, "loss": 1.0}


def test_metrics_of_weights_that_were_lost_do_not_count() -> None:
    assert resumed(at=2, measured_at=4).metrics_at_end() == {}
    assert resumed(at=4, measured_at=3).metrics_at_end() == {}


def test_checkpoints_that_piled_up_are_told_in_several_reports_in_their_order() -> None:
    held = resumed(at=0, measured_at=0)
    for step in range(2_500):
        held.saved({"uri": f"uid/1/1/{step}-x", "step": step, "size": 1, "digest": ""})
    told = []
    while True:
        last = not held.backlog
        report = held.report()
        held.told(report)
        told.append([checkpoint.step for checkpoint in report.checkpoints])
        if last:
            break
    assert [len(steps) for steps in told] == [1_000, 1_000, 500]
    assert [step for steps in told for step in steps] == list(range(2_500))
