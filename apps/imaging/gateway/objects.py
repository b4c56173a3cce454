"""Objects in the transfer syntax that was asked for (PS3.18 8.7.3)."""

from io import BytesIO

import pydicom
from pydicom.dataset import FileDataset
from pydicom.uid import UID, ExplicitVRLittleEndian

from apps.imaging.gateway.frames import decoded_frame
from apps.imaging.gateway.holdings import HeldInstance, Holding
from apps.imaging.gateway.negotiation import ANY, EXPLICIT_LE, MediaRange, NotAcceptable

DICOM = "application/dicom"
ObjectPlan = tuple[MediaRange, str]


def plan_object(
    accepted: list[MediaRange], held: HeldInstance, *, alone: bool, projected: bool = False
) -> ObjectPlan:
    """The Accept entry for this object and the transfer syntax of its bytes.

    Without a transfer syntax that is Explicit VR Little Endian; ``*`` is the stored one. A
    ``projected`` object is written anew and has no stored one.

    Raises
    ------
    NotAcceptable
        No entry fits: ``pixels_undecodable`` when only the stored syntax can be given.
    """
    stuck = False
    for one in accepted:
        single = not one.is_multipart and one.content == DICOM
        if one.content not in (DICOM, "*/*", "", "application/*") or (single and not alone):
            continue
        wanted = one.transfer_syntax or EXPLICIT_LE
        if projected:
            if wanted in (ANY, EXPLICIT_LE):
                return one, EXPLICIT_LE
            continue
        if wanted in (ANY, held.transfer_syntax_uid):
            return one, held.transfer_syntax_uid
        if wanted == EXPLICIT_LE and is_convertible(held):
            return one, EXPLICIT_LE
        stuck = stuck or wanted == EXPLICIT_LE
    if stuck:
        raise NotAcceptable(
            "The pixels cannot be decoded; ask for transfer-syntax=* to get the stored file.",
            code="pixels_undecodable",
        )
    raise NotAcceptable(
        "Objects are served as multipart/related of application/dicom, one alone also as "
        "application/dicom, in the stored transfer syntax (*) or Explicit VR Little Endian."
    )


def is_convertible(held: HeldInstance) -> bool:
    """Whether Explicit VR Little Endian can be made of it."""
    encapsulated = UID(held.transfer_syntax_uid).is_encapsulated
    return not (encapsulated and held.rows and not held.frames)


def read_object(holding: Holding, held: HeldInstance, *, syntax: str) -> bytes:
    """The stored file, or the same object in Explicit VR Little Endian."""
    raw = holding.original(held.sop_instance_uid)
    if syntax == held.transfer_syntax_uid:
        return raw
    dataset = pydicom.dcmread(BytesIO(raw))
    if UID(held.transfer_syntax_uid).is_encapsulated and "PixelData" in dataset:
        _put_decoded_pixels(dataset, holding, held)
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    out = BytesIO()
    dataset.save_as(out, implicit_vr=False, little_endian=True, enforce_file_format=True)
    return out.getvalue()


def _put_decoded_pixels(dataset: FileDataset, holding: Holding, held: HeldInstance) -> None:
    """From the archive's own frames: nothing hostile is decoded in the web process."""
    archive = holding.archive
    assert archive is not None
    uid = held.sop_instance_uid
    pixels = b"".join(decoded_frame(archive, uid, number + 1) for number in range(held.frames))
    dataset.PixelData = pixels + b"\0" * (len(pixels) % 2)
    dataset["PixelData"].VR = "OW" if (dataset.get("BitsAllocated") or 8) > 8 else "OB"
    dataset["PixelData"].is_undefined_length = False
    position, summary = archive.position(uid), archive.instance(uid)
    assert position is not None and summary is not None
    photometric = archive.viewer_profile()[position].get("00280004", {}).get("Value")
    if photometric:
        dataset.PhotometricInterpretation = photometric[0]
    if summary["samples"] > 1:
        dataset.PlanarConfiguration = 0


def read_dataset(holding: Holding, held: HeldInstance) -> FileDataset:
    """The header; pixels have a way of their own."""
    raw = BytesIO(holding.original(held.sop_instance_uid))
    return pydicom.dcmread(raw, stop_before_pixels=True)
