"""Refusals of the AI floor. Shown to the user unless a docstring says otherwise."""

from apps.core.exceptions import Conflict, Forbidden, IllegalMove, InvalidInput, Unavailable


class ModelNotActive(Conflict):
    """The model has no version in use: not approved, suspended or retired."""

    code = "model_not_active"


class ModelNotApproved(Conflict):
    """Fewer than two people have approved exactly this content."""

    code = "model_not_approved"


class SecondPersonNeeded(Forbidden):
    """An approval does not count twice, nor two from the same side of the table."""

    code = "second_person_needed"


class NotABundle(InvalidInput):
    """What was offered cannot be registered; read by the AI administrator.

    ``error_code`` says why (``unsafe_path``, ``pickle_imports`` …); docs/ai.md lists them.
    """

    code = "not_a_bundle"


class SeriesNotReady(Conflict):
    """The series is not completely in the archive."""

    code = "series_not_ready"


class InputsUnclear(Conflict):
    """Which series of the study are the model's inputs cannot be told; ``details`` say why.

    ``inputs_missing``: no series fits a role. ``inputs_ambiguous``: several do, name one.
    """

    code = "inputs_unclear"


class AlreadyExported(Conflict):
    """The accepted result is already in the PACS; it cannot be dismissed silently."""

    code = "already_exported"


class NothingAccepted(Conflict):
    """No finding that marks voxels there has been accepted in the case."""

    code = "nothing_accepted"


class StructureSetRefused(Conflict):
    """DICOM cannot say the accepted findings as contours on these images; the code says why."""

    code = "structure_set_refused"


class SegmentNotMeasurable(Conflict):
    """A number would be a guess in this segment, or with these settings; the code says why."""

    code = "segment_not_measurable"


class SegmentBusy(Unavailable):
    """Another segment is being measured in this process."""

    code = "segment_busy"


class StaleFence(Exception):
    """Another worker owns the job now. For the job machinery, never for people."""


def refuse_move(*, subject: str, source: str, to: str) -> IllegalMove:
    return IllegalMove(
        f"A {subject} that is {source} cannot become {to}.",
        details={"subject": subject, "from": source, "to": to},
    )
