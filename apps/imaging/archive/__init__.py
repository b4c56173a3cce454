"""The archive of published series: written once, immutable, addressed by content hash."""

from uuid import UUID

from pydicom.dataset import Dataset

from apps.core.exceptions import NotVisible
from apps.imaging.archive.reader import (
    ReadableSeries,
    SeriesArchive,
    open_series,
    series_at_hand,
)

__all__ = [
    "ReadableSeries",
    "SeriesArchive",
    "open_series",
    "read_headers",
    "read_original",
    "series_at_hand",
]


def read_headers(*, series_id: UUID) -> list[Dataset]:
    """Headers of a published series in slice order, without pixel data.

    Raises
    ------
    SeriesEvicted
        It is in the PACS only, and being fetched.
    NotVisible
        The series is not in the archive.
    """
    from apps.imaging.models import Series

    key = Series.objects.filter(pk=series_id).values_list("archive_key", flat=True).first()
    archive = _open(key)
    return [archive.read_header(one["sop_instance_uid"]) for one in archive.instances]


def read_original(*, instance_id: UUID) -> bytes:
    """The stored Part 10 file of one instance (preamble zeroed).

    Raises
    ------
    NotVisible
        The instance is not in the archive.
    """
    from apps.imaging.models import Instance

    row = (
        Instance.objects.filter(pk=instance_id)
        .values_list("series__archive_key", "sop_instance_uid")
        .first()
    )
    if row is None:
        raise NotVisible()
    return _open(row[0]).read_original(row[1])


def _open(archive_key: str | None) -> SeriesArchive:
    if not archive_key:
        raise NotVisible()
    try:
        return open_series(archive_key)
    except FileNotFoundError:
        from apps.imaging.evicted import explain_absence

        raise explain_absence(archive_key) from None
