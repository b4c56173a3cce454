from typing import ClassVar

from apps.core.exceptions import Conflict, DomainError, InvalidInput, NotVisible


class SessionEnded(Conflict):
    """The session is over; what is to be done is done by REST."""

    code: ClassVar[str] = "session_ended"


class TicketRefused(DomainError):
    """Unknown, used, expired, or of another session; the client asks for a new one."""

    code: ClassVar[str] = "ticket_refused"
    status: ClassVar[int] = 401


class OtherCase(InvalidInput):
    """The op names something of another case than the room's current one."""

    code: ClassVar[str] = "other_case"


class OpIdReused(Conflict):
    """The op_id was used for something else, or by somebody else."""

    code: ClassVar[str] = "op_id_reused"


class StagePlaceUnknown(InvalidInput):
    """The stage shows a study that is not of the current case."""

    code: ClassVar[str] = "study_not_in_case"


class LeaseRequired(Conflict):
    """In a room whoever paints holds the lease; this window does not."""

    code: ClassVar[str] = "lease_required"


class FollowCycle(InvalidInput):
    """The presenter cannot follow: the stage would follow itself."""

    code: ClassVar[str] = "follow_cycle"


class RecordingGone(NotVisible):
    """Not recorded, or its time is over; decisions keep their own views."""

    code: ClassVar[str] = "recording_gone"
