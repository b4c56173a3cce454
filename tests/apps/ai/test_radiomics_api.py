"""Radiomics of a painted segment over REST: what is measured, for whom, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.test import Client
from pydicom.uid import UID, generate_uid

from apps.ai import segment_radiomics
from apps.ai.analyses.radiomics import RadiomicsSettings, measure_radiomics
from apps.ai.api.radiomics_views import RadiomicsSerializer
from apps.annotations.models import Segmentation
from apps.annotations.segmentations import services
from apps.cases.models import Case
from apps.imaging.services import import_files
from tests.apps.ai.synthetic_pet import PET_IMAGE_STORAGE, pet_header
from tests.apps.imaging.dicom import make_slice
from tests.painting import begin, paint
from tests.people import SYSTEM, CaseTeam, make_case_team, make_patient
from tests.scans import COLUMNS, ROWS, SLICE_SPACING_MM, SPACING_MM, Scan, import_ct

pytestmark = pytest.mark.django_db

BACKEND = "django.contrib.auth.backends.ModelBackend"
GRID_MM = (SLICE_SPACING_MM, *SPACING_MM)
FIRST = (1, 10, 12)


@pytest.fixture()
def team() -> CaseTeam:
    return make_case_team(patient=make_patient())


@pytest.fixture()
def scan(team: CaseTeam, tmp_path: Path) -> Scan:
    return import_ct(case=team.case, folder=tmp_path, slices=6)


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    segment_radiomics._answers.clear()


def shape_of_lesion(seed: int = 0) -> np.ndarray:
    mask = np.random.default_rng(seed).random((4, 9, 11)) < 0.8
    mask[0, 0, 0] = mask[-1, -1, -1] = True
    return mask


def hounsfield_units() -> np.ndarray:
    ramp = np.arange(ROWS * COLUMNS).reshape(ROWS, COLUMNS) - 1024
    return np.stack([ramp] * 6)


def whole(mask: np.ndarray) -> np.ndarray:
    found = np.zeros((6, ROWS, COLUMNS), dtype=bool)
    found[tuple(slice(a, a + n) for a, n in zip(FIRST, mask.shape, strict=True))] = mask
    return found


@pytest.fixture()
def drawn(team: CaseTeam, scan: Scan) -> Segmentation:
    made = begin(team, scan)
    return paint(team.actor("surgeon"), made, {1: shape_of_lesion()}, parent=0, first=FIRST)


def ask(
    team: CaseTeam, drawn: Segmentation, who: str = "surgeon", number: int = 1, **query: Any
) -> Any:
    client = Client()
    client.force_login(team.people[who], backend=BACKEND)
    return client.get(f"/api/segmentations/{drawn.pk}/segments/{number}/radiomics", query)


def values_in(answer: Any) -> dict[str, float]:
    assert answer.status_code == 200, answer.content
    return {one["code"]: one["value"] for one in answer.json()["values"]}


@pytest.mark.parametrize(
    ("query", "settings"),
    [
        ({}, RadiomicsSettings()),
        (
            {"bin_size": 25, "range_low": -600, "range_high": 400},
            RadiomicsSettings(
                discretisation="fixed_bin_size",
                bin_size=25.0,
                resegmentation_range=(-600.0, 400.0),
            ),
        ),
        (
            {"spacing_mm": 0.6, "bin_number": 16},
            RadiomicsSettings(bin_number=16, resampled_spacing_mm=(0.6, 0.6, 0.6)),
        ),
    ],
)
def test_it_is_measured_in_hu_on_the_grid_of_the_series(
    team: CaseTeam, drawn: Segmentation, query: dict[str, Any], settings: RadiomicsSettings
) -> None:
    answer = ask(team, drawn, **query)
    values = values_in(answer)
    body = answer.json()
    assert set(body) == set(RadiomicsSerializer().fields)
    wanted = measure_radiomics(
        voxels=hounsfield_units(),
        mask=whole(shape_of_lesion()),
        spacing_mm=GRID_MM,
        settings=settings,
    )
    assert values == pytest.approx({one.code: one.value for one in wanted.values}, rel=1e-9)
    assert len(values) + len(body["refusals"]) == 482
    assert (body["revision"], body["segment"]) == (1, 1)
    assert body["analysis"] == {"name": "Radiomics by IBSI 1", "version": "1.0.0"}
    told = dict(body["settings"])
    for name in ("resegmentation_range", "resampled_spacing_mm"):
        told[name] = told[name] and tuple(told[name])
    assert told == settings.as_dict()
    units = {one["code"]: one["unit"] for one in body["values"]}
    assert (units["stat_mean"], units["morph_volume"]) == ("HU", "mm3")
    assert body["processing"]["voxels_counted"] <= body["processing"]["voxels"]


def test_its_volume_is_the_one_the_segmentation_tells(team: CaseTeam, drawn: Segmentation) -> None:
    client = Client()
    client.force_login(team.people["surgeon"], backend=BACKEND)
    told = client.get(f"/api/segmentations/{drawn.pk}").json()["segments"][0]
    values = values_in(ask(team, drawn))
    assert values["morph_vol_approx"] == pytest.approx(told["volume_ml"] * 1000)


def test_an_older_revision_is_measured_as_it_was(team: CaseTeam, drawn: Segmentation) -> None:
    before = values_in(ask(team, drawn))
    later = paint(team.actor("surgeon"), drawn, {1: shape_of_lesion(seed=1)}, parent=1, first=FIRST)
    newest = ask(team, later)
    assert newest.json()["revision"] == 2
    assert values_in(newest)["morph_volume"] != before["morph_volume"]
    assert values_in(ask(team, later, revision=1)) == before
    assert ask(team, later, revision=3).status_code == 404


def test_a_second_asking_measures_nothing(
    team: CaseTeam, drawn: Segmentation, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = ask(team, drawn).json()
    assert len(segment_radiomics._answers) == 1
    monkeypatch.setattr(segment_radiomics, "WAIT_S", 0.01)
    with segment_radiomics._ONE_AT_A_TIME:
        # Nothing can be measured now: what is answered was kept.
        assert ask(team, drawn, who="radiologist").json() == first
        other = ask(team, drawn, bin_number=8)
    assert (other.status_code, other.json()["code"]) == (503, "segment_busy")
    assert ask(team, drawn, bin_number=8).status_code == 200


def test_only_so_many_answers_are_kept(
    team: CaseTeam, drawn: Segmentation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segment_radiomics, "KEPT_ANSWERS", 2)
    for bins in (4, 5, 6):
        ask(team, drawn, bin_number=bins)
    assert [one.asked.bin_number for one in segment_radiomics._answers] == [5, 6]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"bin_size": 25}, "bin_size_without_start"),
        ({"range_high": 25}, "invalid_settings"),
        ({"range_low": 10, "range_high": 5}, "invalid_settings"),
        ({"range_low": 5000}, "too_few_voxels"),
        ({"bin_size": 1, "range_low": -1024}, "too_many_levels"),
    ],
)
def test_what_means_nothing_is_refused_by_name(
    team: CaseTeam, drawn: Segmentation, query: dict[str, Any], code: str
) -> None:
    answer = ask(team, drawn, **query)
    assert (answer.status_code, answer.json()["code"]) == (409, code)
    assert segment_radiomics._answers == {}


@pytest.mark.parametrize(
    "query",
    [{"bin_number": 1}, {"bin_number": 1000}, {"bin_size": 0}, {"spacing_mm": 0.01},
     {"range_low": "nan"}, {"spacing_mm": "inf"}, {"revision": -1}],
)  # fmt: skip
def test_numbers_out_of_bounds_are_bad_requests(
    team: CaseTeam, drawn: Segmentation, query: dict[str, Any]
) -> None:
    assert ask(team, drawn, **query).status_code == 400


def test_nothing_painted_has_no_values(team: CaseTeam, scan: Scan) -> None:
    answer = ask(team, begin(team, scan))
    assert (answer.status_code, answer.json()["code"]) == (409, "empty_segment")


def test_a_segment_too_large_is_refused_before_it_is_read(
    team: CaseTeam, drawn: Segmentation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segment_radiomics, "MAX_SEGMENT_VOXELS", 100)
    assert ask(team, drawn).json()["code"] == "segment_too_large"
    monkeypatch.setattr(segment_radiomics, "MAX_SEGMENT_VOXELS", 1000)
    assert ask(team, drawn, spacing_mm=0.3).json()["code"] == "segment_too_large"


def test_images_that_came_later_are_not_measured_in_their_place(
    team: CaseTeam, drawn: Segmentation
) -> None:
    drawn.grid["frames"] = drawn.grid["frames"][:-1]
    Segmentation.objects.filter(pk=drawn.pk).update(grid=drawn.grid)
    answer = ask(team, drawn)
    assert (answer.status_code, answer.json()["code"]) == (409, "images_changed")


def test_who_sees_the_segmentation_sees_its_values_and_nobody_else(
    team: CaseTeam, drawn: Segmentation
) -> None:
    for who in ("surgeon", "radiologist", "oncologist", "trainee", "coordinator"):
        assert ask(team, drawn, who=who).status_code == 200, who
    for who in ("outsider", "auditor"):
        assert ask(team, drawn, who=who).status_code in {403, 404}, who
    assert Client().get(f"/api/segmentations/{drawn.pk}/segments/1/radiomics").status_code in {
        401,
        403,
    }


def test_a_de_identified_viewer_gets_numbers_without_a_name(
    team: CaseTeam, drawn: Segmentation, scan: Scan
) -> None:
    answer = ask(team, drawn, who="consultant")
    assert values_in(answer) == values_in(ask(team, drawn))
    said = answer.content.decode()
    for secret in (*scan.slices, scan.series_instance_uid, scan.study_instance_uid, drawn.name):
        assert secret not in said


def test_a_removed_segment_and_a_removed_segmentation_are_not_there(
    team: CaseTeam, drawn: Segmentation
) -> None:
    assert ask(team, drawn, number=2).status_code == 404
    services.remove_segmentation(
        actor=team.actor("surgeon"), segmentation_id=drawn.pk, version=drawn.version
    )
    assert ask(team, drawn).status_code == 404


def import_pet(*, case: Case, folder: Path, **changes: Any) -> Scan:
    study, series, space = generate_uid(), generate_uid(), generate_uid()
    uids = []
    for index in range(6):
        header = pet_header(index=index, **changes)
        if header.get("DecayCorrection") == "NONE":
            header.AcquisitionTime = f"11{5 * index:02d}00"
        header.SOPInstanceUID = UID(generate_uid())
        image = make_slice(
            study_uid=study,
            series_uid=series,
            index=index,
            patient_id=case.patient.patient_id,
            name=case.patient.name,
            birth_date=case.patient.birth_date.strftime("%Y%m%d"),
            sex=case.patient.sex,
            spacing_mm=4.0,
            IssuerOfPatientID=case.patient.issuer,
        )
        for element in header:
            image[element.tag] = element
        image.file_meta.MediaStorageSOPClassUID = UID(PET_IMAGE_STORAGE)
        image.file_meta.MediaStorageSOPInstanceUID = header.SOPInstanceUID
        image.PatientSex, image.FrameOfReferenceUID = case.patient.sex, space
        image.ImagePositionPatient = [0.0, 0.0, 4.0 * index]
        image.RescaleIntercept, image.RescaleSlope = 0, 2 + index
        # Stored values that are the same in each slice: only the slopes differ.
        stored = np.arange(16 * 24).reshape(16, 24) * 40
        image.PixelData = stored.astype("<i2").tobytes()
        image.save_as(folder / f"{index}.dcm", enforce_file_format=True)
        uids.append(str(header.SOPInstanceUID))
    import_files(actor=SYSTEM, case_id=case.pk, paths=[folder])
    return Scan(study, series, space, tuple(uids))


def test_a_pet_is_measured_in_suv_with_the_slope_of_each_slice(
    team: CaseTeam, tmp_path: Path
) -> None:
    scan = import_pet(case=team.case, folder=tmp_path)
    mask = np.ones((4, 5, 6), dtype=bool)
    drawn = paint(team.actor("surgeon"), begin(team, scan), {1: mask}, parent=0, first=(1, 3, 4))
    answer = ask(team, drawn)
    values = values_in(answer)
    stored = (np.arange(16 * 24).reshape(16, 24) * 40)[3:8, 4:10]
    activity = np.stack([stored * (2 + index) for index in range(1, 5)])
    # 368.08 MBq an hour ago are 252.0 MBq now; 70 kg.
    suv = activity * 70_000 / (368.08e6 * 2 ** (-3600 / 6586.2))
    assert values["stat_mean"] == pytest.approx(suv.mean(), rel=1e-5)
    assert values["stat_max"] == pytest.approx(suv.max(), rel=1e-5)
    settings = answer.json()["settings"]
    assert (settings["intensity"], settings["intensity_unit"]) == ("continuous", "g/mL")


def test_a_pet_without_decay_correction_has_a_factor_for_each_slice(
    team: CaseTeam, tmp_path: Path
) -> None:
    scan = import_pet(
        case=team.case, folder=tmp_path, DecayCorrection="NONE", CorrectedImage=["ATTN"]
    )
    mask = np.ones((4, 5, 6), dtype=bool)
    drawn = paint(team.actor("surgeon"), begin(team, scan), {1: mask}, parent=0, first=(1, 3, 4))
    values = values_in(ask(team, drawn))
    stored = (np.arange(16 * 24).reshape(16, 24) * 40)[3:8, 4:10]
    decay = np.log(2) / 6586.2
    # Slice k was taken 60 + 5 k minutes after the injection, over five minutes.
    frame = decay * 300 / (1 - np.exp(-decay * 300))
    factors = [70_000 / 368.08e6 * frame * np.exp(decay * (3600 + 300 * k)) for k in range(1, 5)]
    suv = np.stack([stored * (2 + k) * factors[k - 1] for k in range(1, 5)])
    assert values["stat_mean"] == pytest.approx(suv.mean(), rel=1e-5)
    assert values["stat_var"] == pytest.approx(suv.var(), rel=1e-4)


def test_a_pet_whose_suv_would_be_a_guess_is_refused_with_its_reason(
    team: CaseTeam, tmp_path: Path
) -> None:
    scan = import_pet(case=team.case, folder=tmp_path, PatientWeight=None)
    mask = np.ones((4, 5, 6), dtype=bool)
    drawn = paint(team.actor("surgeon"), begin(team, scan), {1: mask}, parent=0, first=(1, 3, 4))
    answer = ask(team, drawn)
    assert (answer.status_code, answer.json()["code"]) == (409, "patient_weight_missing")
