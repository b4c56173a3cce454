"""Frames for the archive: HTJ2K lossless where it changes nothing, explicit LE otherwise.

The rule (`docs/imaging.md`): a frame of one 8 or 16 bit sample becomes HTJ2K lossless
(RPCL, 1.2.840.10008.1.2.4.202) of exactly the values pydicom decodes. HTJ2K sources keep
their own codestream. Everything else (colour, 32 bit, float) is kept as explicit little
endian values, colour as RGB. The original file is kept beside in any case.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, BinaryIO

import imagecodecs
import numpy as np
import numpy.typing as npt
from pydicom.dataset import FileDataset
from pydicom.encaps import generate_frames
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import (
    UID,
    ExplicitVRLittleEndian,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
)

from apps.imaging.parser.limits import Limits
from apps.imaging.parser.reading import PIXEL_KEYWORDS, text, whole
from apps.imaging.parser.tiles import padded, short_tiles
from apps.imaging.parser.verdicts import Rejected

LOSSLESS_HTJ2K = (str(HTJ2KLossless), str(HTJ2KLosslessRPCL))
DEFLATED = "1.2.840.10008.1.2.1.99"


@dataclass(frozen=True, slots=True)
class StoredFrame:
    offset: int
    length: int
    transfer_syntax_uid: str


@dataclass(slots=True)
class FrameReport:
    """What the viewer must know about the frames beside the header."""

    frames: list[dict[str, Any]]
    photometric_interpretation: str = ""
    samples: int = 1
    dtype: str = ""
    problem_code: str = ""
    problem: str = ""


def declared_pixels(dataset: FileDataset) -> tuple[int, int, int, int, int] | None:
    """Rows, columns, frames, samples, bits allocated; ``None`` when it is no image."""
    rows, columns = whole(dataset, "Rows"), whole(dataset, "Columns")
    if not rows or not columns:
        return None
    return (
        rows,
        columns,
        max(1, whole(dataset, "NumberOfFrames") or 1),
        max(1, whole(dataset, "SamplesPerPixel") or 1),
        whole(dataset, "BitsAllocated") or _float_bits(dataset),
    )


def check_pixels(dataset: FileDataset, *, limits: Limits) -> None:
    """Declared against actual, before anything is decoded.

    Raises
    ------
    Rejected
        ``pixels_too_large``, ``pixel_length_mismatch`` or ``no_pixel_data``.
    """
    declared = declared_pixels(dataset)
    keyword = next((name for name in PIXEL_KEYWORDS if name in dataset), None)
    if declared is None:
        if UID(text(dataset, "SOPClassUID")).keyword.endswith("ImageStorage"):
            raise Rejected("no_pixel_data")
        return
    rows, columns, frames, samples, bits = declared
    frame_bytes = rows * columns * samples * bits // 8
    if frame_bytes > limits.frame_bytes or frame_bytes * frames > limits.decoded_bytes:
        raise Rejected("pixels_too_large")
    if keyword is None:
        if "PixelDataProviderURL" in dataset:
            return
        raise Rejected("no_pixel_data")
    if dataset.file_meta.TransferSyntaxUID.is_compressed and not _is_deflated(dataset):
        return
    needed_bits = rows * columns * samples * bits * frames
    if text(dataset, "PhotometricInterpretation") == "YBR_FULL_422":
        needed_bits = needed_bits * 2 // 3
    actual = len(dataset[keyword].value or b"")
    if actual < (needed_bits + 7) // 8:
        raise Rejected("pixel_length_mismatch", f"{actual} of {(needed_bits + 7) // 8} bytes")


def write_frames(dataset: FileDataset, out: BinaryIO) -> FrameReport:
    """Encode every frame into ``out``, one after the other.

    Pixels that no decoder here understands make no rejection: the report says why, the
    original is kept and the viewer shows the reason.
    """
    report = FrameReport(frames=[])
    try:
        if str(dataset.file_meta.TransferSyntaxUID) in LOSSLESS_HTJ2K:
            _keep_codestreams(dataset, out, report)
        else:
            _encode_decoded(dataset, out, report)
    except MemoryError as error:
        raise Rejected("out_of_memory") from error
    except Exception as error:  # noqa: BLE001 - decoders raise anything on hostile bytes
        report.frames.clear()
        report.problem_code = "pixels_undecodable"
        syntax = UID(dataset.file_meta.TransferSyntaxUID).name
        report.problem = f"{syntax}: {' '.join(str(error).split())}"[:160]
    return report


def _encode_decoded(dataset: FileDataset, out: BinaryIO, report: FrameReport) -> None:
    for values, properties in _decoded(dataset):
        report.photometric_interpretation = str(properties["photometric_interpretation"])
        report.samples = int(properties["samples_per_pixel"])
        report.dtype = values.dtype.name
        body, syntax = encode_frame(values)
        report.frames.append(asdict(StoredFrame(out.tell(), len(body), syntax)))
        out.write(body)


def _decoded(
    dataset: FileDataset,
) -> Iterator[tuple[npt.NDArray[Any], dict[str, Any]]]:
    syntax = dataset.file_meta.TransferSyntaxUID
    if _is_deflated(dataset):
        # The whole dataset was inflated on reading: its pixels are plain explicit LE now.
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    try:
        decoder = get_decoder(dataset.file_meta.TransferSyntaxUID)
        short = short_tiles(dataset)
        if not short:
            yield from decoder.iter_array(dataset, raw=False)
            return
        count = max(1, whole(dataset, "NumberOfFrames") or 1)
        full = [index for index in range(count) if index not in short]
        rest = decoder.iter_array(dataset, raw=False, indices=full)
        for index in range(count):
            if index not in short:
                yield next(rest)
                continue
            own: dict[str, Any] = dict(zip(("rows", "columns"), short[index], strict=True))
            part, properties = decoder.as_array(dataset, raw=False, index=index, **own)
            yield padded(part, dataset), properties
    finally:
        dataset.file_meta.TransferSyntaxUID = syntax


def encode_frame(values: npt.NDArray[Any]) -> tuple[bytes, str]:
    """One frame's bytes and their transfer syntax; proves losslessness by decoding."""
    if values.ndim == 2 and values.dtype in (np.uint8, np.int8, np.uint16, np.int16):
        native = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("="))
        body = bytes(imagecodecs.htj2k_encode(native, reversible=True))
        if np.array_equal(imagecodecs.htj2k_decode(body), native):
            return body, str(HTJ2KLosslessRPCL)
    little = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<"))
    return little.tobytes(), str(ExplicitVRLittleEndian)


def _keep_codestreams(dataset: FileDataset, out: BinaryIO, report: FrameReport) -> None:
    """HTJ2K stays as it came, once it proved to decode to the declared size."""
    declared = declared_pixels(dataset)
    if declared is None:
        raise ValueError("no declared size")
    rows, columns, count, samples, _ = declared
    syntax = str(dataset.file_meta.TransferSyntaxUID)
    report.photometric_interpretation = text(dataset, "PhotometricInterpretation")
    report.samples = samples
    if samples != 1:
        _encode_decoded(dataset, out, report)
        return
    for codestream in generate_frames(dataset.PixelData, number_of_frames=count):
        decoded = imagecodecs.htj2k_decode(codestream)
        if decoded.shape[:2] != (rows, columns):
            raise ValueError("codestream size differs from the header")
        signed = (whole(dataset, "PixelRepresentation") or 0) == 1
        if (decoded.dtype.kind == "i") != signed:
            _restart_decoded(dataset, out, report)
            return
        report.dtype = decoded.dtype.name
        report.frames.append(asdict(StoredFrame(out.tell(), len(codestream), syntax)))
        out.write(codestream)


def _restart_decoded(dataset: FileDataset, out: BinaryIO, report: FrameReport) -> None:
    out.seek(0)
    out.truncate()
    report.frames.clear()
    _encode_decoded(dataset, out, report)


def _is_deflated(dataset: FileDataset) -> bool:
    return str(dataset.file_meta.TransferSyntaxUID) == DEFLATED


def _float_bits(dataset: FileDataset) -> int:
    return 64 if "DoubleFloatPixelData" in dataset else 32 if "FloatPixelData" in dataset else 16
