"""When a study whose PACS was away is fetched again by itself."""

from datetime import datetime, timedelta

from django.utils import timezone

from apps.core.exceptions import DomainError
from apps.imaging.choices import JobState
from apps.imaging.exceptions import PacsError
from apps.imaging.models import IngestJob, Study

PAUSES = tuple(timedelta(seconds=seconds) for seconds in (20, 60, 300, 900))
"""After the first failure, the second, …; the last holds for all that follow."""
GIVEN_UP_AFTER = timedelta(days=2)


def retry_time(*, study: Study, error: DomainError) -> datetime | None:
    """Only for what may pass by itself: a PACS that is away, not one that said no.

    ``None`` also after two days of failures in a row, and while an administrator has the PACS
    switched off: a person has to do something then.
    """
    if not isinstance(error, PacsError) or error.error_code == "pacs_inactive":
        return None
    now = timezone.now()
    jobs = IngestJob.objects.filter(study=study)
    worked = jobs.filter(state=JobState.DONE).order_by("-created_at").values("created_at")[:1]
    failed = jobs.filter(state=JobState.FAILED)
    if last := worked.first():
        failed = failed.filter(created_at__gt=last["created_at"])
    first = failed.order_by("created_at").values_list("created_at", flat=True).first()
    if first is not None and now - first > GIVEN_UP_AFTER:
        return None
    return now + PAUSES[min(max(failed.count(), 1), len(PAUSES)) - 1]
