"""How the checkpoint of a replayed trial compares with the one that it repeats."""

from progenitor.v1 import trial_pb2

SAME, DIFFERS = "the same", "differs"


def differs(trial: trial_pb2.Trial) -> bool:
    """Of a replay's trial that is completed: whether its checkpoint is another one than that which it repeats."""
    return (
        trial.state == trial_pb2.TRIAL_STATE_COMPLETED
        and bool(trial.replayed_digest)
        and trial.checkpoint.digest != trial.replayed_digest
    )


def came_out(trial: trial_pb2.Trial) -> str:
    """Empty for what repeats nothing or is not completed."""
    if not trial.replays or trial.state != trial_pb2.TRIAL_STATE_COMPLETED:
        return ""
    return DIFFERS if differs(trial) else SAME
