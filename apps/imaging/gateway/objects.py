"""Objects and frames in the transfer syntax that was asked for."""

from io import BytesIO
from typing import Any

import pydicom
from pydicom.dataset import FileDataset
from pydicom.uid import UID, ExplicitVRLittleEndian

from apps.imaging.archive import SeriesArchive
from apps.imaging.archive.pixels import HTJ2K_SYNTAXES
from apps.imaging.gateway.negotiation import ANY, EXPLICIT_LE, MediaRange, NotAcceptable

OCTETS = "application/octet-stream"
HTJ2K_MEDIA = "image/jphc"
DICOM = "application/dicom"


def choose_frame_form(accepted: list[MediaRange], *, stored_syntax: str) -> tuple[MediaRange, str]:
    """The Accept entry that is served, and the transfer syntax of the bytes.

    Without a transfer syntax frames are Explicit VR Little Endian (PS3.18 8.7.3.5.2).
    """
    compressed = stored_syntax in HTJ2K_SYNTAXES
    for one in accepted:
        content, syntax = one.content, one.transfer_syntax
        if content in (HTJ2K_MEDIA, "image/jph"):
            if compressed and syntax in ("", ANY, stored_syntax):
                return one, stored_syntax
        elif content in (OCTETS, "*/*", "", "application/*"):
            if syntax in ("", EXPLICIT_LE):
                return one, EXPLICIT_LE
            if syntax in (ANY, stored_syntax):
                return one, stored_syntax
    raise NotAcceptable(
        "Frames are served as application/octet-stream (Explicit VR Little Endian) or, where "
        "stored so, as image/jphc."
    )


def read_frame(archive: SeriesArchive, sop_uid: str, frame: int, *, syntax: str) -> bytes:
    body, stored = archive.read_frame(sop_uid, frame)
    if syntax == stored:
        return body
    values = archive.decode(sop_uid, frame)
    return values.astype(values.dtype.newbyteorder("<"), copy=False).tobytes()


def media_type_of(syntax: str) -> str:
    return HTJ2K_MEDIA if syntax in HTJ2K_SYNTAXES else OCTETS


def choose_object_syntax(accepted: list[MediaRange]) -> tuple[MediaRange, str]:
    """``*`` for the stored syntax, else Explicit VR Little Endian."""
    for one in accepted:
        if one.content in (DICOM, "*/*", "", "application/*"):
            if one.transfer_syntax == ANY:
                return one, ANY
            if one.transfer_syntax in ("", EXPLICIT_LE):
                return one, EXPLICIT_LE
            return one, one.transfer_syntax
    raise NotAcceptable("Objects are served as application/dicom.")


def read_object(archive: SeriesArchive, sop_uid: str, *, syntax: str) -> bytes:
    """The stored file, or the same object in Explicit VR Little Endian.

    Raises
    ------
    NotAcceptable
        Another syntax than the stored one, or pixels that cannot be decoded.
    """
    summary = archive.instance(sop_uid)
    assert summary is not None
    stored = summary["transfer_syntax_uid"]
    raw = archive.read_original(sop_uid)
    if syntax in (ANY, stored):
        return raw
    check_convertible(summary, syntax=syntax)
    dataset = pydicom.dcmread(BytesIO(raw))
    if UID(stored).is_encapsulated and "PixelData" in dataset:
        _put_decoded_pixels(dataset, archive, summary)
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    out = BytesIO()
    dataset.save_as(out, implicit_vr=False, little_endian=True, enforce_file_format=True)
    return out.getvalue()


def check_convertible(summary: dict[str, Any], *, syntax: str) -> None:
    """Refuse what cannot be converted, before a byte leaves."""
    if syntax != EXPLICIT_LE:
        raise NotAcceptable("Ask for the stored transfer syntax (*) or Explicit VR Little Endian.")
    stored = UID(summary["transfer_syntax_uid"])
    if stored.is_encapsulated and summary["rows"] and not summary["frames"]:
        raise NotAcceptable(
            "The pixels cannot be decoded; ask for transfer-syntax=* to get the stored file.",
            code="pixels_undecodable",
        )


def _put_decoded_pixels(
    dataset: FileDataset, archive: SeriesArchive, summary: dict[str, Any]
) -> None:
    """From the archive's own frames: nothing hostile is decoded in the web process."""
    uid, count = summary["sop_instance_uid"], len(summary["frames"])
    pixels = b"".join(
        read_frame(archive, uid, number + 1, syntax=EXPLICIT_LE) for number in range(count)
    )
    dataset.PixelData = pixels + b"\0" * (len(pixels) % 2)
    dataset["PixelData"].VR = "OW" if (dataset.get("BitsAllocated") or 8) > 8 else "OB"
    dataset["PixelData"].is_undefined_length = False
    position = archive.position(uid)
    assert position is not None
    profile = archive.viewer_profile()[position]
    photometric = profile.get("00280004", {}).get("Value")
    if photometric:
        dataset.PhotometricInterpretation = photometric[0]
    if summary["samples"] > 1:
        dataset.PlanarConfiguration = 0
