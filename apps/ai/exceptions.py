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


class ReasonNeeded(InvalidInput):
    """What is done has to be explained in writing; the words are kept and shown."""

    code = "reason_needed"


class ContentNotShown(Conflict):
    """The word is for another content than the one on the person's screen."""

    code = "content_not_shown"


class ContentMissing(Conflict):
    """The files of a version are not in the store, or not the ones that were registered."""

    code = "content_missing"


class NothingProposed(Conflict):
    """There is no open proposal to confirm or to close."""

    code = "nothing_proposed"


class NothingToRollBackTo(Conflict):
    """No version was replaced by this one, or it was withdrawn for a reason of its own."""

    code = "nothing_to_roll_back_to"


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


class CannotAmend(Conflict):
    """What somebody painted cannot stand in the place of a finding's mask; the code says why.

    ``not_of_this_finding``, ``segment_missing``, ``empty_segment``, ``nothing_changed``,
    ``images_changed``, ``segmentation_changed``, ``finding_without_place``, ``not_ours``; of a
    box ``not_a_box``, ``bad_box``, ``outside_image``.
    """

    code = "cannot_amend"


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


class ValidationNotPossible(Conflict):
    """The folder cannot be used, or nothing may be started; read by the AI administrator.

    ``validation_root_missing``, ``folder_missing``, ``unsafe_folder``, ``no_studies``,
    ``bad_manifest``, ``run_open``, ``task_not_validated``, ``not_finished``.
    """

    code = "validation_not_possible"


class AlertAnswered(Conflict):
    """Somebody has said what was made of this alert; reload."""

    code = "alert_answered"


class RunsElsewhere(Conflict):
    """The model is another vendor's: nothing of it can be run, approved or put into use here."""

    code = "runs_elsewhere"


class StaleFence(Exception):
    """Another worker owns the job now. For the job machinery, never for people."""


def refuse_move(*, subject: str, source: str, to: str) -> IllegalMove:
    return IllegalMove(
        f"A {subject} that is {source} cannot become {to}.",
        details={"subject": subject, "from": source, "to": to},
    )
