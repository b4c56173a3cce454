"""A series, or one stack of it, as a regular volume in patient space, for computation."""

from uuid import UUID

from apps.core.exceptions import NotVisible
from apps.imaging.archive import open_series
from apps.imaging.derived import Volume, open_archived_volume
from apps.imaging.evicted import explain_absence
from apps.imaging.models import Series

__all__ = ["Volume", "open_volume"]


def open_volume(*, series_id: UUID, stack: int | None = None) -> Volume:
    """Open a series as one volume, building its derived file when it is not there.

    Parameters
    ----------
    stack : opens one stack of a series that holds several (``stacks.list_stacks``), by number.

    Raises
    ------
    SeriesEvicted
        It is in the PACS only, and being fetched.
    NotVisible
        No such series in the archive.
    NotAVolume
        With ``error_code`` one of ``not_an_image``, ``no_patient_space``, ``single_slice``,
        ``mixed_orientation``, ``mixed_size``, ``duplicate_position``, ``multiple_volumes``,
        ``gantry_tilt``, ``irregular_spacing``, ``missing_slices``, ``multiple_stacks``,
        ``no_such_stack``, ``pixels_unavailable``.
    """
    series = Series.objects.filter(pk=series_id).exclude(archive_key="").first()
    if series is None:
        raise NotVisible()
    try:
        archive = open_series(series.archive_key)
    except FileNotFoundError:
        raise explain_absence(series.archive_key) from None
    return open_archived_volume(archive, stack=stack)
