"""NIfTI-1 by nibabel's word and by ours: the same voxels at the same place, or a named refusal."""

from __future__ import annotations

import gzip
import io
import tracemalloc
import zlib
from typing import Any

import nibabel
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nibabel.orientations import axcodes2ornt, io_orientation, ornt_transform
from numpy.typing import NDArray

from apps.imaging.research.exceptions import REASONS, NiftiRefused
from apps.imaging.research.placing import lay_on_grid
from apps.imaging.research.reading import read_label_map
from apps.imaging.research.writing import DESCRIPTION, image_dtype, label_dtype, write_nifti
from tests.apps.imaging.nifti_files import (
    GEOMETRIES,
    as_ijk,
    load,
    make_grid,
    nifti,
    random_labels,
    save,
)

SHAPE = (5, 16, 24)


def written(grid: Any, voxels: NDArray[Any], dtype: Any, *, is_labels: bool = False) -> bytes:
    out = io.BytesIO()
    write_nifti(out, grid=grid, slices=voxels, dtype=np.dtype(dtype), is_labels=is_labels)
    return out.getvalue()


def back(body: bytes, grid: Any) -> NDArray[Any]:
    return lay_on_grid(read_label_map(body, shape=grid.shape), grid)


@pytest.mark.parametrize("name", GEOMETRIES)
def test_an_independent_reader_finds_the_same_voxels_at_the_same_place(name: str) -> None:
    grid = make_grid(name)
    voxels = np.random.default_rng(2).integers(-1024, 3071, SHAPE).astype(np.float32)
    image = load(written(grid, voxels, image_dtype(voxels)))
    assert image.get_data_dtype() == np.int16
    np.testing.assert_array_equal(np.asarray(image.dataobj), as_ijk(voxels))
    np.testing.assert_allclose(image.affine, grid.affine_ras, rtol=0, atol=1e-5)
    for slice_, row, column in ((0, 0, 0), (4, 15, 23), (2, 7, 11)):
        x, y, z = (grid.affine_lps @ [column, row, slice_, 1])[:3]
        np.testing.assert_allclose(
            (image.affine @ [column, row, slice_, 1])[:3], (-x, -y, z), rtol=0, atol=1e-5
        )
    assert image.header.get_zooms() == pytest.approx(grid.spacing_mm[::-1])


@pytest.mark.parametrize("name", GEOMETRIES)
def test_the_qform_is_set_where_it_says_the_same_place_and_only_there(name: str) -> None:
    """It has no shear: tools that read it alone then find no orientation, never a wrong one."""
    grid = make_grid(name)
    header = load(written(grid, random_labels(), "u1", is_labels=True)).header
    assert header["sform_code"] == 1
    assert header["qform_code"] == (0 if name.startswith("tilted") else 1)
    if not name.startswith("tilted"):
        np.testing.assert_allclose(header.get_qform(), grid.affine_ras, rtol=0, atol=1e-4)


def test_values_that_are_not_small_whole_numbers_are_kept_as_they_are() -> None:
    voxels = np.random.default_rng(3).normal(0, 5, SHAPE).astype(np.float32)
    assert image_dtype(voxels) == np.float32
    image = load(written(make_grid(), voxels, image_dtype(voxels)))
    assert image.get_data_dtype() == np.float32
    assert np.asarray(image.dataobj).tobytes() == np.asarray(as_ijk(voxels)).tobytes()
    assert image_dtype(np.full(SHAPE, 32767, np.float32)) == np.int16
    assert image_dtype(np.full(SHAPE, 32768, np.float32)) == np.float32
    assert image_dtype(np.full(SHAPE, np.nan, np.float32)) == np.float32


def test_nothing_in_the_header_speaks_of_a_person_or_a_time() -> None:
    grid = make_grid()
    first = written(grid, random_labels(), "u1", is_labels=True)
    assert written(grid, random_labels(), "u1", is_labels=True) == first
    header = load(first).header
    texts = {
        name: bytes(header[name].tobytes()).strip(b"\0")
        for name in ("descrip", "db_name", "aux_file", "intent_name", "data_type")
    }
    said = {name: one for name, one in texts.items() if one}
    assert said == {"descrip": DESCRIPTION.encode()}
    assert len(header.extensions) == 0
    assert first[3] == 0 and first[4:8] == b"\0\0\0\0", "neither a file name nor a time in gzip"


def test_a_slice_too_few_or_of_another_size_is_a_fault() -> None:
    with pytest.raises(ValueError, match="4 slices"):
        written(make_grid(), random_labels()[:4], "u1")
    with pytest.raises(ValueError, match="a slice of"):
        written(make_grid(), random_labels((5, 24, 16)), "u1")


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from(sorted(GEOMETRIES)),
    shape=st.tuples(*[st.integers(2, 9)] * 3),
    seed=st.integers(0, 10_000),
    codes=st.sampled_from(
        ["RAS", "LPS", "LPI", "SRA", "PIL", "ASR", "IRP", "RSP", "LAS", "SLA", "AIL"]
    ),
    dtype=st.sampled_from(["u1", "i1", "<i2", ">i2", "<u2", "<i4", ">f4", "<f8", "<i8", "<u8"]),
)
def test_masks_come_back_voxel_for_voxel_however_a_tool_turned_them(
    name: str, shape: tuple[int, int, int], seed: int, codes: str, dtype: str
) -> None:
    grid = make_grid(name, shape=shape)
    labels = random_labels(shape, seed=seed)
    ours = written(grid, labels, label_dtype(3), is_labels=True)
    np.testing.assert_array_equal(back(ours, grid), labels)
    image = load(ours)
    wanted = ornt_transform(io_orientation(image.affine), axcodes2ornt(tuple(codes)))
    turned = image.as_reoriented(wanted)
    values = np.asarray(turned.dataobj).astype(dtype)
    header = nibabel.Nifti1Header(endianness=">" if dtype[0] == ">" else "<")
    header.set_data_dtype(np.dtype(dtype))
    again = save(nibabel.Nifti1Image(values, turned.affine, header=header))
    np.testing.assert_array_equal(back(again, grid), labels)


def test_labels_of_sixteen_bits_and_a_file_that_is_not_packed() -> None:
    grid = make_grid()
    labels = np.zeros(SHAPE, np.uint16)
    labels[1, 2, 3], labels[2, 3, 4] = 300, 65535
    raw = gzip.decompress(written(grid, labels, label_dtype(65535), is_labels=True))
    found = read_label_map(raw, shape=SHAPE)
    assert found.values == (300, 65535)
    np.testing.assert_array_equal(lay_on_grid(found, grid), labels)


def test_the_qform_is_read_where_it_is_the_only_one() -> None:
    grid = make_grid("oblique")
    labels = random_labels()
    image = nibabel.Nifti1Image(as_ijk(labels), None)
    image.header.set_qform(grid.affine_ras, code=1)
    image.header.set_sform(None, code=0)
    np.testing.assert_array_equal(back(save(image), grid), labels)


# --- refusals ----------------------------------------------------------------------------


def refusal(body: bytes, grid: Any = None) -> str:
    chosen = grid or make_grid()
    with pytest.raises(NiftiRefused) as refused:
        back(body, chosen)
    assert refused.value.error_code in REASONS
    return refused.value.error_code


def file(labels: NDArray[Any] | None = None, **fields: Any) -> bytes:
    voxels = as_ijk(random_labels() if labels is None else labels)
    return nifti(voxels, make_grid().affine_ras, **fields)


DIM_OVERFLOW = [3, -32768, 16, 5, 1, 1, 1, 1]
HEADERS_THAT_LIE = {
    "magic": ({"magic": b"n+3"}, "not_nifti"),
    "pair": ({"magic": b"ni1"}, "nifti_pair"),
    "size of header": ({"sizeof_hdr": 347}, "not_nifti"),
    "nifti-2": ({"sizeof_hdr": 540}, "nifti2_unsupported"),
    "dimension overflows": ({"dim": DIM_OVERFLOW}, "bad_dimensions"),
    "no dimensions": ({"dim": [0, 24, 16, 5, 1, 1, 1, 1]}, "bad_dimensions"),
    "eight dimensions": ({"dim": [8, 24, 16, 5, 1, 1, 1, 1]}, "bad_dimensions"),
    "a plane": ({"dim": [2, 24, 16, 1, 1, 1, 1, 1]}, "bad_dimensions"),
    "zero size": ({"dim": [3, 24, 0, 5, 1, 1, 1, 1]}, "bad_dimensions"),
    "four dimensions": ({"dim": [4, 24, 16, 5, 2, 1, 1, 1]}, "not_3d"),
    "five dimensions": ({"dim": [5, 24, 16, 5, 1, 3, 1, 1]}, "not_3d"),
    "huge": ({"dim": [3, 32767, 32767, 32767, 1, 1, 1, 1]}, "different_shape"),
    "another shape": ({"dim": [3, 24, 16, 4, 1, 1, 1, 1]}, "different_shape"),
    "offset below zero": ({"vox_offset": -352}, "bad_vox_offset"),
    "offset into the header": ({"vox_offset": 0}, "bad_vox_offset"),
    "offset far away": ({"vox_offset": 3e9}, "bad_vox_offset"),
    "offset not whole": ({"vox_offset": 352.5}, "bad_vox_offset"),
    "offset no number": ({"vox_offset": np.nan}, "bad_vox_offset"),
    "offset later": ({"vox_offset": 368}, "truncated"),
    "wider voxels": ({"datatype": 4, "bitpix": 16}, "truncated"),
    "bits contradict": ({"bitpix": 16}, "bad_header"),
    "complex": ({"datatype": 32, "bitpix": 64}, "unsupported_datatype"),
    "colour": ({"datatype": 128, "bitpix": 24}, "unsupported_datatype"),
    "unknown kind": ({"datatype": 999}, "unsupported_datatype"),
    "scaled": ({"scl_slope": 2.0, "scl_inter": 0.0}, "scaled_labels"),
    "shifted": ({"scl_slope": 1.0, "scl_inter": 1.0}, "scaled_labels"),
    "scale endless": ({"scl_slope": np.inf}, "bad_header"),
    "metres": ({"xyzt_units": 1}, "not_millimetres"),
    "micrometres": ({"xyzt_units": 3}, "not_millimetres"),
    "no such unit": ({"xyzt_units": 7}, "bad_affine"),
    "no orientation": ({"sform_code": 0, "qform_code": 0}, "no_orientation"),
    "affine not a number": ({"srow_x": [np.nan, 0, 0, 0]}, "bad_affine"),
    "affine endless": ({"srow_y": [0, np.inf, 0, 0]}, "bad_affine"),
    "flat affine": ({"srow_z": [0, 0, 0, 30]}, "bad_affine"),
    "quaternion that is none": (
        {"sform_code": 0, "qform_code": 1, "quatern_b": 5.0, "quatern_c": 5.0},
        "bad_affine",
    ),
    "voxels of negative size": (
        {"sform_code": 0, "qform_code": 1, "pixdim": [1, -1, 1, 1, 0, 0, 0, 0]},
        "bad_affine",
    ),
    "two places": ({"qform_code": 1, "qoffset_x": 99.0}, "ambiguous_orientation"),
}


@pytest.mark.parametrize(("fields", "code"), HEADERS_THAT_LIE.values(), ids=HEADERS_THAT_LIE)
def test_a_header_that_lies_is_refused_by_name(fields: dict[str, Any], code: str) -> None:
    assert refusal(file(**fields)) == code
    assert refusal(file(packed=False, **fields)) == code


def _set(value: float, dtype: str) -> NDArray[Any]:
    labels = random_labels().astype(dtype)
    labels[3, 3, 3] = value
    return labels


VALUES = {
    "nan": (_set(np.nan, "f4"), "non_finite_labels"),
    "inf": (_set(np.inf, "f8"), "non_finite_labels"),
    "half": (_set(0.5, "f4"), "non_integer_labels"),
    "below zero": (_set(-1, "i2"), "negative_labels"),
    "below zero, real": (_set(-1, "f4"), "negative_labels"),
    "too large": (_set(65536, "i4"), "label_out_of_range"),
    "too large, real": (_set(1e30, "f8"), "label_out_of_range"),
    "empty": (np.zeros(SHAPE, "u1"), "empty_mask"),
    "many": (np.arange(5 * 16 * 24).reshape(SHAPE).astype("i2"), "too_many_labels"),
}


@pytest.mark.parametrize(("labels", "code"), VALUES.values(), ids=VALUES)
def test_values_that_are_no_labels_are_refused_by_name(labels: NDArray[Any], code: str) -> None:
    assert refusal(file(labels)) == code


def test_a_fourth_axis_of_one_is_no_fourth_dimension() -> None:
    labels = random_labels()
    body = nifti(as_ijk(labels)[..., None], make_grid().affine_ras)
    np.testing.assert_array_equal(back(body, make_grid()), labels)


def test_what_is_cut_damaged_or_longer_is_refused() -> None:
    raw, packed = file(packed=False), file()
    assert refusal(raw[:-1]) == "truncated"
    assert refusal(raw + b"\0") == "trailing_data"
    assert refusal(raw[:100]) == "truncated"
    assert refusal(b"") == "truncated"
    assert refusal(b"MZ" + raw[2:]) == "not_nifti"
    assert refusal(gzip.compress(raw + b"\0")) == "trailing_data"
    assert refusal(packed + packed) == "trailing_data"
    assert refusal(packed[:-12]) in {"truncated", "bad_gzip"}
    assert refusal(packed[:-4]) == "bad_gzip", "without its length"
    broken = bytearray(packed)
    broken[-6] ^= 0xFF
    assert refusal(bytes(broken)) == "bad_gzip", "its checksum is another"
    assert refusal(b"\x1f\x8b" + b"\xff" * 400) == "bad_gzip"


def test_a_bomb_is_never_unpacked() -> None:
    """100 kB become 100 MB here: what the series itself needs is the limit."""
    bomb = gzip.compress(file(packed=False) + b"\0" * 100_000_000, 9)
    assert len(bomb) < 200_000
    tracemalloc.start()
    try:
        assert refusal(bomb) == "trailing_data"
        said_more = file(packed=False, dim=[3, 24, 16, 32767, 1, 1, 1, 1]) + b"\0" * 100_000_000
        assert refusal(gzip.compress(said_more, 9)) == "different_shape"
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 250_000_000, "the test's own bytes; nothing of the reader's"


def test_no_more_is_unpacked_than_the_header_says(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    make = zlib.decompressobj

    class Watched:
        def __init__(self, wbits: int) -> None:
            self._inner = make(wbits=wbits)

        def decompress(self, body: Any, limit: int) -> bytes:
            asked.append(limit)
            return self._inner.decompress(body, limit)

        def __getattr__(self, name: str) -> Any:
            return getattr(self._inner, name)

    bomb = gzip.compress(file(packed=False) + b"\0" * 10_000_000, 9)
    monkeypatch.setattr("apps.imaging.research.reading.zlib.decompressobj", Watched)
    assert refusal(bomb) == "trailing_data"
    assert sum(asked) == 352 + 5 * 16 * 24 + 1


@pytest.mark.parametrize("name", GEOMETRIES)
def test_another_place_is_refused_and_rounding_is_not(name: str) -> None:
    grid = make_grid(name)
    labels = as_ijk(random_labels())

    def moved(change: NDArray[np.float64]) -> bytes:
        return nifti(labels, grid.affine_ras @ change)

    def shift(mm: float) -> NDArray[np.float64]:
        change = np.eye(4)
        change[0, 3] = mm / grid.spacing_mm[2]
        return change

    half_turn = np.diag([-1.0, 1, 1, 1])  # mirrored in place: voxels would be left and right
    np.testing.assert_array_equal(back(moved(shift(0.02)), grid), random_labels())
    assert refusal(moved(shift(0.1)), grid) == "different_place"
    assert refusal(moved(shift(grid.spacing_mm[2])), grid) == "different_place"
    assert refusal(moved(half_turn), grid) == "different_place"
    assert refusal(moved(np.diag([1.01, 1, 1, 1])), grid) == "different_place"
    assert refusal(moved(np.diag([2.0, 1, 1, 1])), grid) == "different_place"
    assert refusal(nifti(labels, np.eye(4)), grid) == "different_place"


def test_the_upright_affine_of_a_tilted_series_is_another_place() -> None:
    """A tool that straightens slices by its header alone would move every mask."""
    body = nifti(as_ijk(random_labels()), make_grid("axial").affine_ras)
    assert refusal(body, make_grid("tilted")) == "different_place"


def test_a_mask_of_swapped_axes_without_their_affine_is_refused() -> None:
    labels = random_labels()
    body = nifti(labels, make_grid().affine_ras)  # (slice, row, column), saved as it lay in memory
    assert refusal(body) == "different_shape"
