"""SUVbw from the header: reference objects, a real scan, every rule and every refusal."""

from __future__ import annotations

import csv
import math
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset

from apps.imaging.suv import SuvRefused, body_size, compute_suv_scaling
from tests.apps.ai.real_data import (
    SHARED_DATA,
    load_series,
    rasterise_contours,
    read_nifti_mask,
    shared_data,
)
from tests.apps.ai.synthetic_pet import F18_HALF_LIFE_S, pet_header

DECAY_PER_S = math.log(2.0) / F18_HALF_LIFE_S
DOSE_BQ = 368.08e6
WEIGHT_G = 70_000.0
TRUTH = 1e-3  # of SUV, as the viewer promises it
COARSE = 0.01
EXPECTED = SHARED_DATA / "22-suv-dro" / "expected.csv"


def reference_objects() -> list[Any]:
    if not EXPECTED.exists():
        return [pytest.param({"ID": "absent"}, id="absent")]
    with EXPECTED.open(encoding="utf-8") as rows:
        return [pytest.param(row, id=row["ID"]) for row in csv.DictReader(rows)]


@pytest.mark.parametrize("row", reference_objects())
def test_statistics_inside_the_mask_of_a_reference_object(row: dict[str, str]) -> None:
    series = load_series(shared_data("22-suv-dro", row["ID"], "PT"))
    mask = read_nifti_mask(shared_data("22-suv-dro", row["ID"], "mask", "DRO_mask.nii.gz"))
    scaling = compute_suv_scaling(headers=series.headers)
    suv = scaling.apply(series.voxels)[mask]
    assert mask.sum() > 200_000
    # One object is stored in steps of 0.002 g/mL and cannot hold 1.00 any nearer.
    step = float(series.headers[0].RescaleSlope) * float(scaling.factors[0])
    for name, found in (("min", suv.min()), ("med", np.median(suv)), ("max", suv.max())):
        expected = float(row[f"SUV{name}_expected"])
        allowed = max(TRUTH * expected, step if step < COARSE else 0.0)
        assert float(found) == pytest.approx(expected, abs=allowed), name


def test_the_set_of_reference_objects_is_the_expected_one() -> None:
    shared_data("22-suv-dro", "expected.csv")
    assert len(reference_objects()) == 8


def test_sarcoma_maximum_from_the_header_equals_the_suv_copy_made_elsewhere() -> None:
    raw = load_series(shared_data("04-pet-raw-BQML-STS_001", "image"))
    contours = next(shared_data("04-pet-raw-BQML-STS_001", "mask").glob("*.dcm"))
    mass = rasterise_contours(contours, "GTV_Mass", raw)
    inside = compute_suv_scaling(headers=raw.headers).apply(raw.voxels)[mass]
    assert mass.sum() == pytest.approx(5095, abs=10)
    assert float(inside.max()) == pytest.approx(7.911, abs=0.005)

    copy = load_series(shared_data("03-petctmr-sarcoma-STS_001", "PET", "image"))
    copy_contours = next(shared_data("03-petctmr-sarcoma-STS_001", "PET", "mask").glob("*.dcm"))
    copied_mass = rasterise_contours(copy_contours, "GTV_Mass_PET", copy)
    copied = compute_suv_scaling(headers=copy.headers).apply(copy.voxels)[copied_mass]
    assert copied_mass.sum() == mass.sum()
    assert float(inside.max()) == pytest.approx(float(copied.max()), abs=0.001)
    assert np.abs(np.sort(inside) - np.sort(copied)).max() < 0.005


def one_factor(**changes: Any) -> float:
    factors = compute_suv_scaling(headers=[pet_header(**changes)]).factors
    assert factors.shape == (1,)
    return float(factors[0])


def after_an_hour(dose_bq: float = DOSE_BQ) -> float:
    return WEIGHT_G / (dose_bq * math.exp(-DECAY_PER_S * 3600))


def test_start_decays_the_dose_to_the_series_time() -> None:
    assert one_factor() == pytest.approx(after_an_hour(), rel=1e-12)
    # Checked by hand: 368.08 MBq after one hour are 251,999,685 Bq.
    assert one_factor() == pytest.approx(70_000 / 251_999_685, rel=1e-6)


def test_admin_takes_the_dose_as_given() -> None:
    assert one_factor(DecayCorrection="ADMIN") == pytest.approx(WEIGHT_G / DOSE_BQ, rel=1e-12)


def test_none_averages_the_decay_over_each_slice_own_frame() -> None:
    headers = [
        pet_header(
            index=i, DecayCorrection="NONE", CorrectedImage=["ATTN"], AcquisitionTime=time,
            ActualFrameDuration=600_000,
        )
        for i, time in enumerate(("110000", "111000"))
    ]  # fmt: skip
    factors = compute_suv_scaling(headers=headers).factors
    for factor, started_s in zip(factors, (3600, 4200), strict=True):
        moments = np.linspace(started_s, started_s + 600, 200_001)
        mean_dose = DOSE_BQ * np.exp(-DECAY_PER_S * moments).mean()
        assert factor == pytest.approx(WEIGHT_G / mean_dose, rel=1e-6)


def test_every_slice_has_its_own_factor_and_voxels_are_scaled_by_it() -> None:
    headers = [
        pet_header(index=i, DecayCorrection="NONE", CorrectedImage=["ATTN"], AcquisitionTime=time)
        for i, time in enumerate(("110000", "113000"))
    ]
    scaling = compute_suv_scaling(headers=headers)
    suv = scaling.apply(np.ones((2, 3, 3), dtype=np.float32))
    assert suv[1, 0, 0] / suv[0, 0, 0] == pytest.approx(math.exp(DECAY_PER_S * 1800), rel=1e-5)


def test_a_series_time_after_the_acquisition_is_replaced_by_the_frame_reference() -> None:
    # QIBA: t_acq + T_ave - FrameReferenceTime. The frame starts 150 s minus T_ave after 11:00.
    frame_s = 300.0
    exponent = DECAY_PER_S * frame_s
    average_s = math.log(exponent / (1 - math.exp(-exponent))) / DECAY_PER_S
    factor = one_factor(
        SeriesTime="130000", AcquisitionTime="110500", FrameReferenceTime=(300 + average_s) * 1000
    )
    assert factor == pytest.approx(after_an_hour(), rel=1e-6)


def with_ge_scan_time(value: str, creator: str | None) -> Any:
    header = pet_header(SeriesTime="130000", AcquisitionTime="113000")
    if creator is not None:
        header.add_new((0x0009, 0x0010), "LO", creator)
    header.add_new((0x0009, 0x100D), "DT", value)
    return header


@pytest.mark.parametrize("creator", ["GEMS_PETD_01", None])
def test_the_private_scan_time_of_ge_comes_before_the_frame_reference(creator: str | None) -> None:
    scaling = compute_suv_scaling(headers=[with_ge_scan_time("20250101110000.00", creator)])
    assert scaling.provenance["reference_time_rule"] == "ge_private_scan_time"
    assert float(scaling.factors[0]) == pytest.approx(after_an_hour(), rel=1e-9)


def test_the_same_element_of_another_vendor_is_not_believed() -> None:
    scaling = compute_suv_scaling(headers=[with_ge_scan_time("20250101110000.00", "ACME PRIVATE")])
    assert scaling.provenance["reference_time_rule"] == "frame_reference_time"


def test_injection_before_midnight_without_a_date_is_the_day_before() -> None:
    factor = one_factor(
        SeriesDate="20250102", AcquisitionDate="20250102", SeriesTime="003000",
        AcquisitionTime="003000",
        injection={
            "RadiopharmaceuticalStartDateTime": None, "RadiopharmaceuticalStartTime": "233000",
        },
    )  # fmt: skip
    assert factor == pytest.approx(after_an_hour(), rel=1e-12)


def test_the_start_date_time_is_preferred_to_the_start_time() -> None:
    factor = one_factor(injection={"RadiopharmaceuticalStartTime": "080000"})
    assert factor == pytest.approx(after_an_hour(), rel=1e-12)


def test_a_time_zone_in_the_start_date_time_is_converted_to_that_of_the_header() -> None:
    factor = one_factor(
        TimezoneOffsetFromUTC="+0100",
        injection={"RadiopharmaceuticalStartDateTime": "20250101090000.00+0000"},
    )
    assert factor == pytest.approx(after_an_hour(), rel=1e-12)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"injection": {"RadionuclideTotalDose": 368.08}}, "dose_assumed_mbq"),
        ({"PatientWeight": 70_000.0}, "weight_assumed_grams"),
    ],
)
def test_wrong_units_are_put_right_and_said(changes: dict[str, Any], code: str) -> None:
    scaling = compute_suv_scaling(headers=[pet_header(**changes)])
    assert float(scaling.factors[0]) == pytest.approx(after_an_hour(), rel=1e-12)
    assert [found for found, _ in scaling.warnings] == [code]


# Masses of a body of 70 kg and 175 cm, from the clinical reference.
JAMES = {"M": 56.52, "F": 51.22}
JANMAHASATIAN = {"M": 55.86, "F": 45.20}


@pytest.mark.parametrize("sex", ["M", "F"])
def test_lean_body_mass_formulas_give_their_published_values(sex: str) -> None:
    body = {"weight_kg": 70.0, "height_m": 1.75, "sex": sex}
    assert body_size.lean_mass_james_kg(**body) == pytest.approx(JAMES[sex], abs=0.005)
    assert body_size.lean_mass_janmahasatian_kg(**body) == pytest.approx(
        JANMAHASATIAN[sex], abs=0.005
    )
    assert one_factor(Units="GML", SUVType="LBMJAMES128", PatientSex=sex) == pytest.approx(
        70 / JAMES[sex], abs=1e-4
    )
    assert one_factor(Units="GML", SUVType="LBMJANMA", PatientSex=sex) == pytest.approx(
        70 / JANMAHASATIAN[sex], abs=2e-4
    )


def test_gml_without_a_type_is_body_weight() -> None:
    assert one_factor(Units="GML") == 1.0
    assert one_factor(Units="GML", SUVType="BW") == 1.0


def test_an_unnamed_lean_mass_formula_is_james_and_said() -> None:
    scaling = compute_suv_scaling(headers=[pet_header(Units="GML", SUVType="LBM")])
    assert float(scaling.factors[0]) == pytest.approx(70 / JAMES["M"], abs=1e-4)
    assert scaling.warnings[0][0] == "lean_mass_formula_assumed"


@pytest.mark.parametrize(("sex", "mass_kg"), [("M", 72.38), ("F", 66.43), ("O", 69.405)])
def test_ideal_body_weight_of_another_sex_is_the_mean(sex: str, mass_kg: float) -> None:
    assert body_size.ideal_weight_kg(height_m=1.75, sex=sex) == pytest.approx(mass_kg, abs=1e-9)
    assert one_factor(Units="GML", SUVType="IBW", PatientSex=sex) == pytest.approx(70 / mass_kg)


def test_surface_suv_is_converted_by_du_bois() -> None:
    # Du Bois: 70 kg and 175 cm are 1.8481 m2.
    assert body_size.body_surface_area_cm2(weight_kg=70, height_m=1.75) == pytest.approx(
        18_481, abs=1
    )
    assert one_factor(Units="CM2ML") == pytest.approx(70_000 / 18_481, rel=1e-4)


def philips(element: int, value: Any, vr: str = "DS") -> Any:
    header = pet_header(Units="CNTS")
    header.add_new((0x7053, 0x0010), "LO", "Philips PET Private Group")
    header.add_new((0x7053, element), vr, value)
    return header


def test_counts_of_philips_use_its_suv_factor() -> None:
    scaling = compute_suv_scaling(headers=[philips(0x1000, "0.0005")])
    assert float(scaling.factors[0]) == pytest.approx(0.0005)
    unknown = compute_suv_scaling(headers=[philips(0x1000, b"0.0005 ", "UN")])
    assert float(unknown.factors[0]) == pytest.approx(0.0005)


def test_counts_of_philips_fall_back_to_its_activity_factor() -> None:
    header = philips(0x1009, "2.5")
    header.add_new((0x7053, 0x1000), "DS", "0")
    scaling = compute_suv_scaling(headers=[header])
    assert float(scaling.factors[0]) == pytest.approx(2.5 * after_an_hour(), rel=1e-9)


REFUSALS = [
    ({"Units": "PROPCNTS"}, "units_not_convertible"),
    ({"Units": "PROPCPS"}, "units_not_convertible"),
    ({"Units": "1CM"}, "units_not_convertible"),
    ({"Units": None}, "units_not_convertible"),
    ({"Units": "CNTS"}, "counts_factor_missing"),
    ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.2"}, "not_a_pet_image"),
    ({"PatientWeight": None}, "patient_weight_missing"),
    ({"PatientWeight": 0}, "patient_weight_missing"),
    ({"CorrectedImage": ["DECY"]}, "not_attenuation_corrected"),
    ({"CorrectedImage": ["ATTN"]}, "decay_correction_contradictory"),
    ({"DecayCorrection": None}, "decay_correction_unknown"),
    ({"DecayCorrection": "LATER"}, "decay_correction_unknown"),
    ({"RadiopharmaceuticalInformationSequence": None}, "radiopharmaceutical_missing"),
    ({"injection": {"RadionuclideTotalDose": None}}, "dose_missing"),
    ({"injection": {"RadionuclideTotalDose": 0}}, "dose_missing"),
    ({"injection": {"RadionuclideHalfLife": None}}, "half_life_missing"),
    (
        {"injection": {"RadiopharmaceuticalStartDateTime": None,
                       "RadiopharmaceuticalStartTime": None}},
        "injection_time_missing",
    ),
    (
        {"injection": {"RadiopharmaceuticalStartDateTime": "20250101113000"}},
        "injection_time_implausible",
    ),
    (
        {"injection": {"RadiopharmaceuticalStartDateTime": "20241225100000"}},
        "injection_time_implausible",
    ),
    ({"AcquisitionTime": None}, "acquisition_time_missing"),
    ({"SeriesTime": "130000", "FrameReferenceTime": None}, "reference_time_unknown"),
    ({"SeriesTime": "130000", "ActualFrameDuration": None}, "reference_time_unknown"),
    ({"DecayCorrection": "NONE", "ActualFrameDuration": None}, "acquisition_time_missing"),
    ({"Units": "GML", "SUVType": "LBMJANMA", "PatientSex": "O"}, "patient_sex_required"),
    ({"Units": "GML", "SUVType": "LBMJAMES128", "PatientSize": None}, "patient_size_missing"),
    ({"Units": "GML", "SUVType": "IBW", "PatientSize": 175.0}, "body_size_implausible"),
    ({"Units": "GML", "SUVType": "XYZ"}, "suv_type_not_convertible"),
    ({"Units": "CM2ML", "PatientSize": 0}, "patient_size_missing"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "code"), REFUSALS)
def test_a_header_that_leaves_room_for_a_guess_is_refused(
    changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(SuvRefused) as refused:
        compute_suv_scaling(headers=[pet_header(**changes)])
    assert refused.value.code == code
    assert refused.value.reason


def test_two_tracers_have_no_single_suv() -> None:
    header = pet_header()
    item = header.RadiopharmaceuticalInformationSequence[0]
    header.RadiopharmaceuticalInformationSequence = [item, item]
    with pytest.raises(SuvRefused) as refused:
        compute_suv_scaling(headers=[header])
    assert refused.value.code == "several_radiopharmaceuticals"


def test_images_that_disagree_are_refused() -> None:
    with pytest.raises(SuvRefused) as refused:
        compute_suv_scaling(headers=[pet_header(), pet_header(index=1, PatientWeight=71.0)])
    assert refused.value.code == "headers_inconsistent"


def test_images_that_point_to_different_references_are_refused() -> None:
    headers = [
        pet_header(index=i, SeriesTime="130000", FrameReferenceTime=reference)
        for i, reference in enumerate((150_000.0, 450_000.0))
    ]
    with pytest.raises(SuvRefused) as refused:
        compute_suv_scaling(headers=headers)
    assert refused.value.code == "reference_time_inconsistent"


def test_no_headers_are_refused() -> None:
    with pytest.raises(SuvRefused) as refused:
        compute_suv_scaling(headers=[])
    assert refused.value.code == "no_headers"


@pytest.mark.parametrize("header", [pet_header(), philips(0x1000, b"0.0005", "UN")])
def test_headers_that_travelled_as_dicom_json_give_the_same_factor(header: Dataset) -> None:
    # The model runner gets its headers as DICOM JSON (PS3.18 F).
    travelled = Dataset.from_json(header.to_json())
    assert np.array_equal(
        compute_suv_scaling(headers=[travelled]).factors,
        compute_suv_scaling(headers=[header]).factors,
    )
