"""A single image without a place in the patient (mammography, radiography), for computation."""

from uuid import UUID

import numpy as np

from apps.core.exceptions import NotVisible
from apps.imaging.archive import ReadableSeries, open_series
from apps.imaging.derived import REFUSALS, Volume, apply_modality_lut
from apps.imaging.evicted import explain_absence
from apps.imaging.exceptions import NotAVolume
from apps.imaging.models import Series

_SPACING_TAGS = ("00280030", "00181164")


def open_plane(*, series_id: UUID) -> Volume:
    """The only image of a series as one slice, after the Modality LUT.

    The affine is in millimetres of the image plane (Pixel Spacing, else Imager Pixel Spacing;
    1 where neither is given) and says nothing about the patient: there is no frame of
    reference.

    Raises
    ------
    NotVisible, SeriesEvicted
        As ``volumes.open_volume``.
    NotAVolume
        ``several_images``, ``not_an_image``, ``pixels_unavailable``; ``inverted_greys`` for
        MONOCHROME1, whose values run from white to black, and ``colour_image``.
    """
    series = Series.objects.filter(pk=series_id).exclude(archive_key="").first()
    if series is None:
        raise NotVisible()
    try:
        archive = open_series(series.archive_key)
    except FileNotFoundError:
        raise explain_absence(series.archive_key) from None
    return open_archived_plane(archive)


def open_archived_plane(archive: ReadableSeries) -> Volume:
    """As ``open_plane``, of a series that is at hand."""
    instances = archive.instances
    if len(instances) != 1 or len(instances[0]["frames"]) > 1:
        raise NotAVolume("The series holds more than one image.", code="several_images")
    if not instances[0]["frames"]:
        raise NotAVolume(REFUSALS["pixels_unavailable"], code="pixels_unavailable")
    document = archive.metadata()[0]
    interpretation = (document.get("00280004", {}).get("Value") or [""])[0]
    if interpretation == "MONOCHROME1":
        raise NotAVolume("The image's greys run from white to black.", code="inverted_greys")
    if interpretation != "MONOCHROME2":
        raise NotAVolume("The image is in colour.", code="colour_image")
    uid = str(document["00080018"]["Value"][0])
    values = apply_modality_lut(archive.decode(uid, 1), document, frame=1)
    row_mm, column_mm = _spacing_mm(document)
    return Volume(
        voxels=np.asarray(values, dtype=np.float32)[None],
        affine_lps=np.diag([column_mm, row_mm, 1.0, 1.0]),
        sop_instance_uids=(uid,),
        frame_of_reference_uid="",
    )


def _spacing_mm(document: dict[str, dict[str, list[float]]]) -> tuple[float, float]:
    for tag in _SPACING_TAGS:
        values = document.get(tag, {}).get("Value")
        if values and len(values) == 2:
            return float(values[0]), float(values[1])
    return 1.0, 1.0
