"""The pixels of a segmentation as packed bits or labels, frame by frame (PS3.3 C.8.20).

Runs in the parser child: decoders meet these bytes. The parent gets plain bits it can map into
memory, and a list of which values each frame holds.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
import orjson
from pydicom.dataset import FileDataset
from pydicom.pixels.decoders.base import get_decoder

from apps.imaging.parser.frames import check_pixels, declared_pixels
from apps.imaging.parser.limits import Limits
from apps.imaging.parser.reading import clean_preamble, read_dataset, text, whole
from apps.imaging.parser.verdicts import Rejected

BITS, LABELS = "bits", "labels"
MOST_LABELS = 65_536


def unpack_segmentation(*, raw: bytes, prefix: Path, limits: Limits) -> dict[str, Any]:
    """Write ``<prefix>.masks`` and, last, ``<prefix>.json`` that describes it.

    A fraction becomes 1 where it is at least half of Maximum Fractional Value.

    Raises
    ------
    Rejected
        With the reason.
    """
    dataset = read_dataset(clean_preamble(raw), limits=limits)
    check_pixels(dataset, limits=limits)
    declared = declared_pixels(dataset)
    if declared is None or "PixelData" not in dataset:
        raise Rejected("no_pixel_data")
    rows, columns, count, samples, bits = declared
    if samples != 1 or bits not in (1, 8, 16):
        raise Rejected("malformed", "not the pixels of a segmentation")
    kind = text(dataset, "SegmentationType")
    encoding = LABELS if kind == "LABELMAP" else BITS
    stored_bytes = rows * columns * 2 if encoding == LABELS else (rows * columns + 7) // 8
    if stored_bytes * count > limits.decoded_bytes:
        raise Rejected("pixels_too_large")
    least = _least_drawn(dataset) if kind == "FRACTIONAL" else 1
    present: list[list[int]] = []
    with prefix.with_name(f"{prefix.name}.masks").open("wb") as out:
        for values in _frames(dataset, rows=rows, columns=columns, count=count, bits=bits):
            if encoding == LABELS:
                present.append(_write_labels(values, out))
            else:
                present.append(_write_bits(values >= least, out))
    if len(present) != count:
        raise Rejected("pixel_length_mismatch", f"{len(present)} of {count} frames")
    summary = {"rows": rows, "columns": columns, "encoding": encoding, "present": present}
    draft = prefix.with_name(f"{prefix.name}.json-draft")
    draft.write_bytes(orjson.dumps(summary))
    draft.rename(prefix.with_name(f"{prefix.name}.json"))
    return {"ok": True}


def _least_drawn(dataset: FileDataset) -> int:
    maximum = whole(dataset, "MaximumFractionalValue") or 255
    return max(1, (maximum + 1) // 2)


def _write_bits(mask: npt.NDArray[np.bool_], out: BinaryIO) -> list[int]:
    out.write(np.packbits(mask.ravel()).tobytes())
    return [1] if mask.any() else []


def _write_labels(values: npt.NDArray[Any], out: BinaryIO) -> list[int]:
    out.write(values.astype("<u2").tobytes())
    return [int(value) for value in np.unique(values)[:MOST_LABELS]]


def _frames(
    dataset: FileDataset, *, rows: int, columns: int, count: int, bits: int
) -> Iterator[npt.NDArray[Any]]:
    syntax = dataset.file_meta.TransferSyntaxUID
    if not syntax.is_encapsulated:
        if not syntax.is_little_endian:
            raise Rejected("unsupported_transfer_syntax", str(syntax))
        yield from _native(dataset.PixelData, rows=rows, columns=columns, count=count, bits=bits)
    else:
        if bits == 1:
            raise Rejected("unsupported_transfer_syntax", f"single bits as {syntax.name}")
        for values, _ in get_decoder(syntax).iter_array(dataset, raw=True):
            if values.shape != (rows, columns):
                raise Rejected("malformed", "a frame of another size")
            yield values


def _native(
    pixels: bytes, *, rows: int, columns: int, count: int, bits: int
) -> Iterator[npt.NDArray[Any]]:
    """Frames of 1 bit follow each other without padding, lowest bit first (PS3.5 8.1.1, D)."""
    size = rows * columns
    if bits > 1:
        whole_block = np.frombuffer(pixels, dtype=f"<u{bits // 8}", count=size * count)
        yield from whole_block.reshape(count, rows, columns)
        return
    packed = np.frombuffer(pixels, dtype=np.uint8)
    for index in range(count):
        first = index * size
        run = packed[first // 8 : (first + size + 7) // 8]
        unpacked = np.unpackbits(run, bitorder="little")[first % 8 : first % 8 + size]
        if unpacked.size != size:
            raise Rejected("pixel_length_mismatch", f"frame {index + 1}")
        yield unpacked.reshape(rows, columns)
