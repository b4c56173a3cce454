"""NIfTI-1 masks in: strictly, and never more than the series itself could need.

A file is a stranger's. It is unpacked no further than its own header says, and its header may say
no more voxels than the series has. What is read are whole-number labels and one place in the
patient; whatever is doubtful is refused by a code (``exceptions.REASONS``).
"""

import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from nibabel.nifti1 import Nifti1Header
from nibabel.spatialimages import HeaderDataError

from apps.imaging.research.exceptions import NiftiRefused

HEADER_BYTES = 348
NIFTI2_HEADER_BYTES = 540
FIRST_VOXEL = 352
LAST_VOX_OFFSET = FIRST_VOXEL + (1 << 20)  # header extensions are text, not data
MAX_INFLATED_BYTES = 1 << 30
MAX_LABELS = 64
LABEL_LIMIT = np.iinfo(np.uint16).max
MILLIMETRES = ("mm", "unknown")
"""A file that names no unit means millimetres, as every tool takes it."""
KINDS = frozenset({2, 256, 4, 512, 8, 768, 1024, 1280, 16, 64})
"""Data types of nifti1.h: whole numbers of 8 to 64 bits, floats of 32 and 64."""
AGREE_MM = 0.05
GZIP = b"\x1f\x8b"

Labels = npt.NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class LabelMap:
    """A mask as its file has it.

    Attributes
    ----------
    labels : uint16 array (k, j, i): the file's axes, the fastest last. 0 is background.
    affine_ras : float64 array (4, 4), ``affine_ras @ (i, j, k, 1)`` in RAS mm.
    values : labels that occur, ascending.
    """

    labels: Labels
    affine_ras: npt.NDArray[np.float64]
    values: tuple[int, ...]


def read_label_map(body: bytes, *, shape: tuple[int, int, int]) -> LabelMap:
    """Read a ``.nii`` or ``.nii.gz``.

    Parameters
    ----------
    shape : (slice, row, column) of the series; the file's axes may come in another order.

    Raises
    ------
    NiftiRefused
        By the codes of ``REASONS`` down to ``different_shape``.
    """
    source = _Source(body)
    header = _read_header(source.take(HEADER_BYTES))
    sizes = _read_sizes(header)
    if sorted(sizes) != sorted(shape):
        raise NiftiRefused("different_shape", mask=list(sizes), series=list(shape[::-1]))
    dtype = _read_dtype(header)
    affine_ras = _read_affine(header, sizes)
    offset = _read_offset(header)
    length = math.prod(sizes) * dtype.itemsize
    if length > MAX_INFLATED_BYTES:
        raise NiftiRefused("too_large")
    source.take(offset - HEADER_BYTES)
    raw = source.take(length)
    source.end()
    labels = _as_labels(np.frombuffer(raw, dtype).reshape(sizes[::-1]))
    counts = np.bincount(labels.ravel(), minlength=1)
    values = tuple(int(value) for value in np.flatnonzero(counts) if value)
    if not values:
        raise NiftiRefused("empty_mask")
    if len(values) > MAX_LABELS:
        raise NiftiRefused("too_many_labels", labels=len(values), most=MAX_LABELS)
    return LabelMap(labels=labels, affine_ras=affine_ras, values=values)


class _Source:
    """The file's bytes in order, unpacked as they are asked for and no further."""

    def __init__(self, body: bytes) -> None:
        self._is_packed = body[:2] == GZIP
        self._unpacker = zlib.decompressobj(wbits=31)
        self._rest = memoryview(body)

    def take(self, count: int) -> bytes:
        if not self._is_packed:
            taken = bytes(self._rest[:count])
            self._rest = self._rest[count:]
        else:
            taken = self._unpack(count)
        if len(taken) < count:
            raise NiftiRefused("truncated")
        return taken

    def _unpack(self, count: int) -> bytes:
        if not count:
            return b""
        try:
            pieces = [self._unpacker.decompress(self._rest, count)]
            self._rest = memoryview(self._unpacker.unconsumed_tail)
            got = len(pieces[0])
            while got < count and self._rest:  # zlib may stop at a buffer's end
                piece = self._unpacker.decompress(self._rest, count - got)
                self._rest = memoryview(self._unpacker.unconsumed_tail)
                if not piece:
                    break
                pieces.append(piece)
                got += len(piece)
        except zlib.error:
            raise NiftiRefused("bad_gzip") from None
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def end(self) -> None:
        """Nothing follows, and the checksum of what was packed holds."""
        if not self._is_packed:
            if self._rest:
                raise NiftiRefused("trailing_data")
            return
        try:
            more = self._unpacker.decompress(self._rest, 1)
        except zlib.error:
            raise NiftiRefused("bad_gzip") from None
        if more or self._unpacker.unused_data:
            raise NiftiRefused("trailing_data")
        if not self._unpacker.eof:
            raise NiftiRefused("bad_gzip")


def _read_header(raw: bytes) -> Nifti1Header:
    size = {int.from_bytes(raw[:4], "little"), int.from_bytes(raw[:4], "big")}
    if NIFTI2_HEADER_BYTES in size:
        raise NiftiRefused("nifti2_unsupported")
    magic = raw[344:348]
    if HEADER_BYTES not in size or magic not in (b"n+1\0", b"ni1\0"):
        raise NiftiRefused("not_nifti")
    if magic == b"ni1\0":
        raise NiftiRefused("nifti_pair")
    order = "<" if int.from_bytes(raw[:4], "little") == HEADER_BYTES else ">"
    return Nifti1Header(raw, endianness=order, check=False)


def _read_sizes(header: Nifti1Header) -> tuple[int, int, int]:
    """(i, j, k); further axes may be there with one entry each."""
    dim = [int(one) for one in header["dim"]]
    if not 1 <= dim[0] <= 7 or any(one < 1 for one in dim[1 : dim[0] + 1]):
        raise NiftiRefused("bad_dimensions")
    if any(one > 1 for one in dim[4 : dim[0] + 1]):
        raise NiftiRefused("not_3d")
    if dim[0] < 3:
        raise NiftiRefused("bad_dimensions")
    return dim[1], dim[2], dim[3]


def _read_dtype(header: Nifti1Header) -> np.dtype[np.generic]:
    if int(header["datatype"]) not in KINDS:
        raise NiftiRefused("unsupported_datatype")
    dtype: np.dtype[np.generic] = header.get_data_dtype()
    if int(header["bitpix"]) != dtype.itemsize * 8:
        raise NiftiRefused("bad_header", field="bitpix")
    slope, inter = float(header["scl_slope"]), float(header["scl_inter"])
    if math.isinf(slope) or math.isinf(inter):
        raise NiftiRefused("bad_header", field="scl_slope")
    is_set = not math.isnan(slope) and slope != 0  # nifti1.h: 0 says that nothing is scaled
    if is_set and (slope, 0.0 if math.isnan(inter) else inter) != (1.0, 0.0):
        raise NiftiRefused("scaled_labels")
    return dtype


def _read_offset(header: Nifti1Header) -> int:
    offset = float(header["vox_offset"])
    if not (offset.is_integer() and FIRST_VOXEL <= offset <= LAST_VOX_OFFSET):
        raise NiftiRefused("bad_vox_offset")
    return int(offset)


def _read_affine(header: Nifti1Header, sizes: tuple[int, int, int]) -> npt.NDArray[np.float64]:
    """The sform, or the qform where there is none; both must say the same place."""
    try:
        unit = header.get_xyzt_units()[0]
        sform, qform = header.get_sform(coded=True)[0], header.get_qform(coded=True)[0]
    except (HeaderDataError, KeyError, ValueError, ArithmeticError, np.linalg.LinAlgError):
        raise NiftiRefused("bad_affine") from None
    if unit not in MILLIMETRES:
        raise NiftiRefused("not_millimetres", unit=unit)
    given = [np.asarray(one, dtype=np.float64) for one in (sform, qform) if one is not None]
    if not given:
        raise NiftiRefused("no_orientation")
    if not all(np.isfinite(one).all() and abs(np.linalg.det(one)) > 1e-9 for one in given):
        raise NiftiRefused("bad_affine")
    if len(given) == 2:
        corners = np.array(list(np.ndindex(2, 2, 2))) * (np.array(sizes) - 1)
        apart = np.c_[corners, np.ones(8)] @ (given[0] - given[1]).T
        if float(np.linalg.norm(apart, axis=1).max()) > AGREE_MM:
            raise NiftiRefused("ambiguous_orientation")
    return given[0]


def _as_labels(stored: npt.NDArray[np.generic]) -> Labels:
    """Whole numbers from 0, plane by plane so that one plane is all that is held twice."""
    labels = np.empty(stored.shape, dtype=np.uint16)
    for plane, out in zip(stored, _planes(labels), strict=True):
        if plane.dtype.kind == "f":
            if not np.isfinite(plane).all():
                raise NiftiRefused("non_finite_labels")
            if not np.array_equal(plane, np.rint(plane)):
                raise NiftiRefused("non_integer_labels")
        if plane.min() < 0:
            raise NiftiRefused("negative_labels")
        if plane.max() > LABEL_LIMIT:
            raise NiftiRefused("label_out_of_range")
        out[...] = plane
    return labels


def _planes(labels: Labels) -> Iterator[Labels]:
    yield from labels
