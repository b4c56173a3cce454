"""A published series whose files are not in the archive: evicted and wanted back, or lost."""

from django.utils import timezone

from apps.core.exceptions import DomainError, NotVisible
from apps.imaging.exceptions import SeriesEvicted
from apps.imaging.models import Series


def explain_absence(archive_key: str) -> DomainError:
    """What to raise for a key the store does not hold. Asking is what brings it back.

    The wish is one column; the keeper sees it within a second and queues the ingest.
    """
    evicted = Series.objects.filter(archive_key=archive_key, evicted_at__isnull=False)
    if not evicted.exists():
        return NotVisible()
    evicted.filter(wanted_at__isnull=True).update(wanted_at=timezone.now())
    return SeriesEvicted("The images are in the PACS and are being fetched.")
