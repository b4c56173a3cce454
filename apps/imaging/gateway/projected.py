"""Objects as a de-identified viewer may have them: written anew, never the stored file.

The header is the projected document; pixels are the archive's decoded frames, because a stored
codestream may carry comments; a segmentation's are its own bits.
"""

from functools import lru_cache
from io import BytesIO
from typing import Any
from uuid import UUID

from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from apps.core.exceptions import NotVisible
from apps.imaging.choices import SeriesKind
from apps.imaging.gateway.frames import read_pixel_data
from apps.imaging.gateway.holdings import ArchivedHolding, HeldInstance, Holding
from apps.imaging.projection import Projection
from apps.imaging.selectors import open_archive

Document = dict[str, Any]
SERVED_PIXELS = ("00280002", "00280004", "00280006")
AVAILABLE_SYNTAX = "00083002"
IS_NOT_PART_OF_OBJECTS = (AVAILABLE_SYNTAX, "00080056")


def is_servable(holding: Holding, held: HeldInstance) -> bool:
    """Whether its pixels can be given without the stored codestream."""
    assert isinstance(holding, ArchivedHolding)
    return held.frames > 0 or (holding.series.kind == SeriesKind.SEG and held.has_pixels)


def projected_documents(holding: Holding, projection: Projection) -> dict[str, Document]:
    """Headers by original SOP Instance UID; shared, not to be changed."""
    assert isinstance(holding, ArchivedHolding)
    series = holding.series
    found = _projected(series.archive_key, projection.grant_id, not series.deidentifiable)
    return {uid: one for uid, one in found.items() if uid not in holding.withheld}


@lru_cache(maxsize=16)
def _projected(archive_key: str, grant_id: UUID, pixels_cleared: bool) -> dict[str, Document]:
    projection = Projection(grant_id=grant_id)
    archive = open_archive(archive_key)
    found = {}
    for document, profile in zip(archive.metadata(), archive.viewer_profile(), strict=True):
        uid = str(document["00080018"]["Value"][0])
        if archive.instance(uid) and archive.frame_span(uid, 1):
            document.update({tag: profile[tag] for tag in SERVED_PIXELS if tag in profile})
        found[uid] = projection.project(document, pixels_cleared=pixels_cleared)
    return found


def write_projected(holding: Holding, held: HeldInstance, projection: Projection) -> bytes:
    """A Part 10 file in Explicit VR Little Endian.

    Raises
    ------
    NotVisible
        The object has pixels that cannot be given this way.
    """
    if held.rows and not is_servable(holding, held):
        raise NotVisible()
    document = projected_documents(holding, projection).get(held.sop_instance_uid)
    if document is None:
        raise NotVisible()
    kept = {tag: one for tag, one in document.items() if tag not in IS_NOT_PART_OF_OBJECTS}
    dataset = FileDataset("", Dataset.from_json(kept), preamble=b"\0" * 128)
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta = meta
    if held.rows:
        _put_pixels(dataset, read_pixel_data(holding, held))
    out = BytesIO()
    dataset.save_as(out, implicit_vr=False, little_endian=True, enforce_file_format=True)
    return out.getvalue()


def _put_pixels(dataset: FileDataset, pixels: bytes) -> None:
    dataset.PixelData = pixels + b"\0" * (len(pixels) % 2)
    dataset["PixelData"].VR = "OW" if (dataset.get("BitsAllocated") or 8) > 8 else "OB"
    if "SamplesPerPixel" in dataset and dataset.SamplesPerPixel > 1:
        dataset.PlanarConfiguration = 0
