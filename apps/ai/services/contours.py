"""What has gone to radiotherapy holds the acceptances it rests on."""

from apps.ai.exceptions import AlreadyExported
from apps.ai.models import FindingReview, StructureSet


def refuse_sent_contours(review: FindingReview) -> None:
    """A contour that may be in the PACS cannot lose its acceptance silently.

    Raises
    ------
    AlreadyExported
        A structure set with it has been sent, or was begun to be sent.
    """
    rows = StructureSet.objects.select_for_update(of=("self",)).filter(reviews=review)
    if any(row.attempts for row in rows):
        raise AlreadyExported("Its contour was sent to the PACS for radiotherapy.")
