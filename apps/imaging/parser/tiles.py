"""Tiles of a whole slide at its right and lower edge, which some writers cut short.

Every frame should have the size that the header says (PS3.3 C.8.12.4); what reaches beyond the
total pixel matrix is padding. Where a JPEG tile is short by exactly that padding, it is put back:
it lies outside the slide, and nobody ever sees it.
"""

import struct
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset, FileDataset
from pydicom.encaps import generate_frames
from pydicom.uid import JPEGBaseline8Bit, JPEGExtended12Bit

from apps.imaging.parser.reading import text, whole

WHOLE_SLIDE = "1.2.840.10008.5.1.4.1.1.77.1.6"
_JPEG = frozenset({str(JPEGBaseline8Bit), str(JPEGExtended12Bit)})
_FRAME_HEADERS = frozenset({0xC0, 0xC1, 0xC2})
_SCAN = 0xDA


def short_tiles(dataset: FileDataset) -> dict[int, tuple[int, int]]:
    """Frame (from 0) -> rows and columns, of tiles that lack their padding and nothing else."""
    if text(dataset, "SOPClassUID") != WHOLE_SLIDE:
        return {}
    if str(dataset.file_meta.TransferSyntaxUID) not in _JPEG:
        return {}
    if text(dataset, "DimensionOrganizationType") != "TILED_FULL":
        return {}
    size, matrix = _size(dataset, ""), _size(dataset, "TotalPixelMatrix")
    count = max(1, whole(dataset, "NumberOfFrames") or 1)
    if min(*size, *matrix) <= 0:
        return {}
    down, across = (-(-total // each) for total, each in zip(matrix, size, strict=True))
    found: dict[int, tuple[int, int]] = {}
    for index, codestream in enumerate(generate_frames(dataset.PixelData, number_of_frames=count)):
        row, column = divmod(index % (down * across), across)
        left = (matrix[0] - row * size[0], matrix[1] - column * size[1])
        wanted = (min(size[0], left[0]), min(size[1], left[1]))
        if wanted != size and jpeg_size(codestream) == wanted:
            found[index] = wanted
    return found


def padded(part: npt.NDArray[Any], dataset: Dataset) -> npt.NDArray[Any]:
    """A short tile at its full size; black where it was cut."""
    rows, columns = _size(dataset, "")
    tile = np.zeros((rows, columns, *part.shape[2:]), part.dtype)
    tile[: part.shape[0], : part.shape[1]] = part
    return tile


def jpeg_size(codestream: bytes) -> tuple[int, int] | None:
    """Rows and columns of a JPEG's frame header (ISO/IEC 10918-1 B.2.2)."""
    at = 2
    while at + 9 <= len(codestream) and codestream[at] == 0xFF:
        marker = codestream[at + 1]
        if marker in _FRAME_HEADERS:
            rows, columns = struct.unpack(">HH", codestream[at + 5 : at + 9])
            return rows, columns
        if marker == _SCAN:
            return None
        at += 2 + max(2, struct.unpack(">H", codestream[at + 2 : at + 4])[0])
    return None


def _size(dataset: Dataset, prefix: str) -> tuple[int, int]:
    return whole(dataset, f"{prefix}Rows") or 0, whole(dataset, f"{prefix}Columns") or 0
