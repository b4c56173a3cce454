"""A series as a volume: values after the Modality LUT, places in LPS, refusals by name."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest
from pydicom.uid import generate_uid

from apps.core.exceptions import NotVisible
from apps.imaging import archive, selectors
from apps.imaging.archive.layout import volume_directory
from apps.imaging.exceptions import NotAVolume
from apps.imaging.models import Series
from apps.imaging.services import import_files
from apps.imaging.volumes import open_volume
from tests.apps.imaging.dicom import (
    data_folder,
    make_series,
    make_slice,
    read_bytes,
    to_bytes,
    write_files,
)
from tests.apps.imaging.test_importing import patient_fields
from tests.people import SYSTEM, CaseTeam

pytestmark = pytest.mark.django_db(transaction=True)


def bring(team: CaseTeam, folder: Path) -> None:
    import_files(
        actor=SYSTEM,
        case_id=team.case_id,
        paths=[folder],
        mismatch_reason="Made or public data of this test",
    )


def test_voxels_and_places_agree_with_the_headers(team: CaseTeam, tmp_path: Path) -> None:
    objects = make_series(count=5, **patient_fields(team))
    write_files(tmp_path / "in", objects[::-1])
    bring(team, tmp_path / "in")
    series = Series.objects.get()
    volume = open_volume(series_id=series.pk)
    assert volume.voxels.dtype == np.float32
    assert volume.spacing_mm == pytest.approx((2.0, 0.5, 0.75))
    headers = archive.read_headers(series_id=series.pk)
    for index, raw in enumerate(objects):
        dataset = read_bytes(raw)
        assert volume.sop_instance_uids[index] == dataset.SOPInstanceUID
        assert headers[index].SOPInstanceUID == dataset.SOPInstanceUID
        assert "PixelData" not in headers[index]
        expected = dataset.pixel_array.astype(np.float64) * 2 - 1024
        assert np.array_equal(volume.voxels[index], expected)
        place = volume.affine_lps @ [0, 0, index, 1]
        assert np.allclose(place[:3], [float(v) for v in dataset.ImagePositionPatient])
    with pytest.raises(ValueError, match="read-only"):
        volume.voxels[0, 0, 0] = 1
    poses = selectors.read_poses(series_id=series.pk)
    assert len(poses) == 5


def test_each_slices_own_rescale_is_applied(team: CaseTeam, tmp_path: Path) -> None:
    fields = patient_fields(team) | {"study_uid": generate_uid(), "series_uid": generate_uid()}
    objects = [
        to_bytes(make_slice(index=n, RescaleSlope=n + 1, RescaleIntercept=n, **fields))
        for n in range(3)
    ]
    write_files(tmp_path / "in", objects)
    bring(team, tmp_path / "in")
    volume = open_volume(series_id=Series.objects.get().pk)
    for n, raw in enumerate(objects):
        assert np.array_equal(volume.voxels[n], read_bytes(raw).pixel_array * (n + 1.0) + n)


def test_the_derived_file_is_rebuilt_when_it_is_gone_or_short(
    team: CaseTeam, tmp_path: Path
) -> None:
    write_files(tmp_path / "in", make_series(count=3, **patient_fields(team)))
    bring(team, tmp_path / "in")
    pk = Series.objects.get().pk
    first = np.array(open_volume(series_id=pk).voxels)
    (path,) = volume_directory().glob("*.f32")
    path.write_bytes(path.read_bytes()[:-4])
    assert np.array_equal(open_volume(series_id=pk).voxels, first)
    path.unlink()
    assert np.array_equal(open_volume(series_id=pk).voxels, first)


@pytest.mark.parametrize(
    ("indices", "code"),
    [
        ((0,), "single_slice"),
        ((0, 1, 2, 4, 5), "missing_slices"),
        ((0, 1, 3, 4.4), "irregular_spacing"),
    ],
)
def test_what_is_no_volume_is_refused_by_name(
    team: CaseTeam, tmp_path: Path, indices: tuple[float, ...], code: str
) -> None:
    fields = patient_fields(team) | {"study_uid": generate_uid(), "series_uid": generate_uid()}
    objects = [to_bytes(make_slice(index=n, **fields)) for n in indices]
    write_files(tmp_path / "in", objects)
    bring(team, tmp_path / "in")
    with pytest.raises(NotAVolume) as refused:
        open_volume(series_id=Series.objects.get().pk)
    assert refused.value.error_code == code


def test_an_unknown_series_is_not_visible(db: None) -> None:
    with pytest.raises(NotVisible):
        open_volume(series_id=uuid4())


@pytest.mark.parametrize(
    ("prefix", "codes"),
    [
        ("08-", {"multiple_volumes"}),
        ("16-", {"gantry_tilt", "irregular_spacing", "missing_slices", "mixed_orientation"}),
    ],
)
def test_real_oddities_are_named(team: CaseTeam, prefix: str, codes: set[str]) -> None:
    bring(team, data_folder(prefix))
    found = {w["code"] for series in Series.objects.all() for w in series.warnings}
    assert found & codes, found
