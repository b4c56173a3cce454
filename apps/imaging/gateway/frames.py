"""Frames and pixel data: decoded, as archived (HTJ2K), or as they came (PS3.18 8.7.3.3)."""

from dataclasses import dataclass
from io import BytesIO

import numpy as np
import pydicom
from pydicom.dataset import FileDataset
from pydicom.encaps import get_frame

from apps.core.exceptions import NotVisible
from apps.imaging.archive import SeriesArchive
from apps.imaging.archive.pixels import HTJ2K_SYNTAXES
from apps.imaging.gateway.holdings import UNCOMPRESSED, HeldInstance, Holding
from apps.imaging.gateway.negotiation import ANY, EXPLICIT_LE, MediaRange, NotAcceptable
from apps.imaging.parser.reading import whole

OCTETS = "application/octet-stream"
HTJ2K_LOSSLESS, HTJ2K_RPCL = "1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.4.202"
MEDIA_OF = {
    "1.2.840.10008.1.2.4.50": "image/jpeg",
    "1.2.840.10008.1.2.4.51": "image/jpeg",
    "1.2.840.10008.1.2.4.57": "image/jpeg",
    "1.2.840.10008.1.2.4.70": "image/jpeg",
    "1.2.840.10008.1.2.5": "image/dicom-rle",
    "1.2.840.10008.1.2.4.80": "image/jls",
    "1.2.840.10008.1.2.4.81": "image/jls",
    "1.2.840.10008.1.2.4.90": "image/jp2",
    "1.2.840.10008.1.2.4.91": "image/jp2",
    **dict.fromkeys(sorted(HTJ2K_SYNTAXES), "image/jphc"),
}
DEFAULT_OF = {
    "image/jpeg": "1.2.840.10008.1.2.4.70",
    "image/dicom-rle": "1.2.840.10008.1.2.5",
    "image/jls": "1.2.840.10008.1.2.4.80",
    "image/jp2": "1.2.840.10008.1.2.4.90",
    "image/jphc": HTJ2K_LOSSLESS,
}


@dataclass(frozen=True, slots=True)
class FrameForm:
    """How frames leave: the Accept entry, transfer syntax and media type of the bytes."""

    accepted: MediaRange
    syntax: str

    @property
    def media(self) -> str:
        return MEDIA_OF.get(self.syntax, OCTETS)

    @property
    def content_type(self) -> str:
        return f"{self.media}; transfer-syntax={self.syntax}"

    @property
    def is_single(self) -> bool:
        """A type without multipart, named as such: a wildcard means the default, multipart."""
        return not self.accepted.is_multipart and "*" not in self.accepted.media_type


def plan_frames(
    accepted: list[MediaRange], holding: Holding, held: HeldInstance, *, only_ours: bool = False
) -> FrameForm:
    """The first Accept entry that can be met.

    Without a transfer syntax frames are Explicit VR Little Endian, of an image type its
    default one; ``*`` is what the archive holds. ``only_ours``: no bytes of a codestream that
    somebody else wrote.
    """
    stored, available = _available(holding, held, only_ours=only_ours)
    for one in accepted:
        content, wanted = one.content, one.transfer_syntax
        if content in (OCTETS, "*/*", "", "application/*"):
            syntax = stored if wanted == ANY else (wanted or EXPLICIT_LE)
        elif content == "image/*":
            syntax = stored if wanted in ("", ANY) else wanted
        elif content not in DEFAULT_OF:
            continue
        elif wanted == ANY:
            fitting = [one for one in (stored, *sorted(available)) if MEDIA_OF.get(one) == content]
            syntax = fitting[0] if fitting else ""
        else:
            syntax = wanted or DEFAULT_OF[content]
            if MEDIA_OF.get(syntax) != content:
                continue
        if syntax in available and (content != "image/*" or syntax in MEDIA_OF):
            return FrameForm(one, syntax)
    raise NotAcceptable(
        "Frames are served as application/octet-stream (Explicit VR Little Endian), or compressed "
        f"as {', '.join(sorted(available & MEDIA_OF.keys())) or 'nothing else'}.",
    )


def _available(holding: Holding, held: HeldInstance, *, only_ours: bool) -> tuple[str, set[str]]:
    """The archive's syntax, and all that can be given without a lossy step."""
    archive = holding.archive
    if only_ours and archive and archive.keeps_source_codestream(held.sop_instance_uid):
        return EXPLICIT_LE, {EXPLICIT_LE}
    span = archive.frame_span(held.sop_instance_uid, 1) if archive and held.frames else None
    stored = span[2] if span else EXPLICIT_LE
    available = {stored, EXPLICIT_LE}
    if stored == HTJ2K_RPCL:
        available.add(HTJ2K_LOSSLESS)  # RPCL only fixes the order of packets
    if held.transfer_syntax_uid in MEDIA_OF and not only_ours:
        available.add(held.transfer_syntax_uid)
    return stored, available


def count_frames(holding: Holding, held: HeldInstance) -> int:
    """Frames that can be served, also of objects whose pixels the archive keeps as they came."""
    if held.frames:
        return held.frames
    dataset = _native(holding, held)
    return (whole(dataset, "NumberOfFrames") or 1) if dataset is not None else 0


def read_frame(holding: Holding, held: HeldInstance, number: int, *, syntax: str) -> bytes:
    """One frame, from 1."""
    uid, archive = held.sop_instance_uid, holding.archive
    if not held.frames or archive is None:
        return _native_frame(holding, held, number)
    if syntax == EXPLICIT_LE:
        return decoded_frame(archive, uid, number)
    body, stored = archive.read_frame(uid, number)
    if syntax == stored or {syntax, stored} == {HTJ2K_LOSSLESS, HTJ2K_RPCL}:
        return body
    dataset = pydicom.dcmread(BytesIO(holding.original(uid)))
    return get_frame(dataset.PixelData, number - 1, number_of_frames=held.frames)


def decoded_frame(archive: SeriesArchive, uid: str, number: int) -> bytes:
    values = archive.decode(uid, number)
    return values.astype(values.dtype.newbyteorder("<"), copy=False).tobytes()


def read_pixel_data(holding: Holding, held: HeldInstance) -> bytes:
    """All frames, Explicit VR Little Endian: the value of Pixel Data."""
    if held.frames and holding.archive is not None:
        uid = held.sop_instance_uid
        return b"".join(decoded_frame(holding.archive, uid, n + 1) for n in range(held.frames))
    dataset = _native(holding, held)
    if dataset is None:
        raise NotVisible()
    return bytes(dataset.PixelData)


def _native(holding: Holding, held: HeldInstance) -> FileDataset | None:
    """The object, when its pixels lie there uncompressed (segmentations)."""
    if held.transfer_syntax_uid not in UNCOMPRESSED or held.rows is None:
        return None
    dataset = pydicom.dcmread(BytesIO(holding.original(held.sop_instance_uid)))
    return dataset if "PixelData" in dataset else None


def _native_frame(holding: Holding, held: HeldInstance, number: int) -> bytes:
    dataset = _native(holding, held)
    if dataset is None:
        raise NotVisible("No such frame.")
    shape = [whole(dataset, name) for name in ("Rows", "Columns", "BitsAllocated")]
    rows, columns, bits = (one or 0 for one in shape)
    per_frame = rows * columns * (whole(dataset, "SamplesPerPixel") or 1)
    if bits != 1 and (bits < 8 or bits % 8):
        raise NotVisible("No such frame.")
    pixels = dataset.PixelData
    if bits == 1:  # PS3.5 8.1.1: frames of single bits follow one another without padding
        every = np.unpackbits(np.frombuffer(pixels, np.uint8), bitorder="little")
        frame = every[(number - 1) * per_frame : number * per_frame]
        return np.packbits(frame, bitorder="little").tobytes()
    length = per_frame * bits // 8
    return bytes(pixels[(number - 1) * length : number * length])
