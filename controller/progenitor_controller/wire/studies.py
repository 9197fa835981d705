"""Studies as the contract shows them."""

from progenitor.v1 import study_pb2 as pb
from progenitor_storage.model.study import Study, StudyState

from .names import study_name
from .values import timestamp

STATES = {
    StudyState.ACTIVE: pb.STUDY_STATE_ACTIVE,
    StudyState.PAUSED: pb.STUDY_STATE_PAUSED,
    StudyState.COMPLETED: pb.STUDY_STATE_COMPLETED,
    StudyState.CANCELLED: pb.STUDY_STATE_CANCELLED,
    StudyState.FAILED: pb.STUDY_STATE_FAILED,
}


def study_to_wire(study: Study) -> pb.Study:
    return pb.Study(
        name=study_name(study.name),
        uid=study.uid,
        spec=pb.StudySpec.FromString(study.spec),
        effective_spec=pb.StudySpec.FromString(study.effective_spec),
        state=STATES[study.state],
        state_message=study.state_message,
        labels=study.labels,
        create_time=timestamp(study.create_time),
        update_time=timestamp(study.update_time),
    )
