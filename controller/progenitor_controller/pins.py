"""Pinning a checkpoint: a pinned one is never deletable."""

from progenitor.v1 import study_service_pb2 as pb
from progenitor_storage import Transaction
from progenitor_storage.errors import CheckpointNotFound

from .calls import PinCall
from .wire.trials import trial_checkpoint_to_wire


def pin(tx: Transaction, call: PinCall) -> pb.TrialCheckpoint:
    return set_pin(tx, call, pinned=True)


def unpin(tx: Transaction, call: PinCall) -> pb.TrialCheckpoint:
    return set_pin(tx, call, pinned=False)


def set_pin(tx: Transaction, call: PinCall, *, pinned: bool) -> pb.TrialCheckpoint:
    study = tx.studies.locked(call.study)
    found = tx.checkpoints.find(study, call.uri)
    if found is None:
        raise CheckpointNotFound(call.study, call.uri)
    number, epoch, _ = found
    return trial_checkpoint_to_wire(study.name, number, epoch, tx.checkpoints.pin(study, call.uri, pinned))
