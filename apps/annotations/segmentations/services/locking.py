"""One writer at a time, and none who has not seen the newest voxels."""

from uuid import UUID

from apps.annotations.models import Segmentation
from apps.annotations.segmentations.selectors import describe_segmentation, head_of
from apps.core.exceptions import NotVisible, StaleVersion


def lock_segmentation(segmentation_id: UUID) -> Segmentation:
    found = (
        Segmentation.objects.select_for_update(of=("self",))
        .select_related("author")
        .filter(pk=segmentation_id, removed_at__isnull=True)
        .first()
    )
    if found is None:
        raise NotVisible()
    return found


def require_parent(segmentation: Segmentation, *, parent: int) -> None:
    """Voxels are never merged silently: whoever painted on older ones paints again.

    Raises
    ------
    StaleVersion
        ``parent`` is not the newest revision; the details carry the current state.
    """
    if parent != segmentation.head:
        raise StaleVersion(
            "Somebody painted meanwhile.",
            details={"current": describe_segmentation(segmentation, head_of(segmentation))},
        )
