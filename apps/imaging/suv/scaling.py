"""Standardised uptake values from a PET header.

Sources: PS3.3 C.8.9.1 (PET Series: Units, SUV Type, Decay Correction), PS3.3 C.8.9.4 (PET Image),
the QIBA vendor-neutral pseudo-code for SUVbw, and the digital reference objects of IBSI/OncoRay.
Where a header leaves room for a guess, the computation refuses with a named reason; where a rule
assumes something about a header (a dose in MBq, a weight in grams), it leaves a warning.

Voxels handed to ``SuvScaling.apply`` have been through the Modality LUT already, slice by slice.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from apps.imaging.suv import body_size
from apps.imaging.suv.pet_acquisition import (
    PetAcquisition,
    Warnings,
    decay_factor_before_reference,
    mean_activity_factor,
    read_acquisition,
    read_dose_bq,
    read_half_life_s,
    read_injection_time,
    reference_time,
)
from apps.imaging.suv.private_tags import private_number
from apps.imaging.suv.refusals import SuvRefused

PET_IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.128"

_MAX_PLAUSIBLE_WEIGHT_KG = 1000.0
_MAX_PLAUSIBLE_HEIGHT_M = 2.8
_MIN_PLAUSIBLE_HEIGHT_M = 0.3


@dataclass(frozen=True, slots=True)
class SuvScaling:
    """Factor per slice that brings rescaled voxels to SUVbw in g/mL.

    Attributes
    ----------
    factors:
        One factor per slice, in the slice order of the headers.
    provenance:
        What was read and which rule was taken, JSON-able, for the parameters of the result.
    warnings:
        Assumptions made, each ``(code, message)``.
    """

    factors: NDArray[np.float64]
    provenance: dict[str, Any]
    warnings: tuple[tuple[str, str], ...]

    def apply(self, voxels: NDArray[np.float32]) -> NDArray[np.float32]:
        """SUVbw in g/mL, shape (slice, row, column)."""
        if voxels.shape[0] != self.factors.shape[0]:
            raise ValueError("The volume and the headers differ in their number of slices.")
        return voxels * self.factors.astype(np.float32)[:, None, None]


def compute_suv_scaling(*, headers: Sequence[Dataset]) -> SuvScaling:
    """Work out the SUVbw factor of every slice.

    Parameters
    ----------
    headers:
        The PET headers in slice order.

    Raises
    ------
    SuvRefused
        With a code that names what is missing or not convertible.
    """
    _check_series(headers)
    warnings = Warnings()
    units = str(headers[0].get("Units") or "").strip().upper()
    if units == "BQML":
        factors, provenance = _from_activity(headers, activity_factor=1.0, warnings=warnings)
    elif units == "GML":
        factors, provenance = _from_suv(headers, warnings=warnings)
    elif units == "CM2ML":
        factors, provenance = _from_surface_suv(headers, warnings=warnings)
    elif units == "CNTS":
        factors, provenance = _from_philips_counts(headers, warnings=warnings)
    else:
        raise SuvRefused(
            code="units_not_convertible",
            reason=f"Units {units or 'empty'} cannot be converted to a standardised uptake value.",
        )
    if not np.all(np.isfinite(factors)) or np.any(factors <= 0):
        raise SuvRefused(code="suv_factor_invalid", reason="The SUV factor is not positive.")
    return SuvScaling(
        factors=factors,
        provenance={"units": units, **provenance},
        warnings=warnings.collected(),
    )


def _check_series(headers: Sequence[Dataset]) -> None:
    if not headers:
        raise SuvRefused(code="no_headers", reason="The series holds no images.")
    for header in headers:
        if str(header.get("SOPClassUID", "")) != PET_IMAGE_STORAGE:
            raise SuvRefused(
                code="not_a_pet_image",
                reason="Only PET Image Storage (single-frame PET) can be converted to SUV.",
            )
    for keyword in ("Units", "SUVType", "DecayCorrection", "PatientWeight", "CorrectedImage"):
        if len({str(header.get(keyword)) for header in headers}) > 1:
            raise SuvRefused(
                code="headers_inconsistent",
                reason=f"The images of the series disagree about {keyword}.",
            )


def _from_activity(
    headers: Sequence[Dataset], *, activity_factor: float, warnings: Warnings
) -> tuple[NDArray[np.float64], dict[str, Any]]:
    """Bq/mL times weight over the dose, decayed as Decay Correction says."""
    first = headers[0]
    corrections = _corrections(first)
    if "ATTN" not in corrections:
        raise SuvRefused(
            code="not_attenuation_corrected",
            reason="Corrected Image does not list ATTN: the activity is not quantitative.",
        )
    weight_g = _weight_kg(first, warnings) * 1000.0
    dose_bq = read_dose_bq(first, warnings)
    half_life_s = read_half_life_s(first)
    decay_correction = str(first.get("DecayCorrection") or "").strip().upper()
    provenance: dict[str, Any] = {
        "decay_correction": decay_correction,
        "dose_bq": dose_bq,
        "half_life_s": half_life_s,
        "weight_kg": weight_g / 1000.0,
    }
    if decay_correction in {"START", "ADMIN"} and "DECY" not in corrections:
        raise SuvRefused(
            code="decay_correction_contradictory",
            reason=f"Decay Correction is {decay_correction}, but Corrected Image lacks DECY.",
        )
    if decay_correction == "ADMIN":
        effective = np.full(len(headers), dose_bq)
    elif decay_correction == "START":
        acquisitions = [read_acquisition(header) for header in headers]
        moment, rule = reference_time(headers, acquisitions, half_life_s=half_life_s)
        injected = read_injection_time(first, reference=moment, half_life_s=half_life_s)
        elapsed_s = (moment - injected).total_seconds()
        effective = np.full(
            len(headers), dose_bq * decay_factor_before_reference(elapsed_s, half_life_s)
        )
        provenance |= {"reference_time_rule": rule, "uptake_time_s": elapsed_s}
    elif decay_correction == "NONE":
        effective = _effective_dose_uncorrected(headers, dose_bq, half_life_s)
    else:
        raise SuvRefused(
            code="decay_correction_unknown",
            reason=f"Decay Correction {decay_correction or 'empty'} is not START, ADMIN or NONE.",
        )
    return activity_factor * weight_g / effective, provenance


def _effective_dose_uncorrected(
    headers: Sequence[Dataset], dose_bq: float, half_life_s: float
) -> NDArray[np.float64]:
    """Dose left in the patient, averaged over each slice's own frame (Decay Correction NONE)."""
    effective = np.empty(len(headers))
    for index, header in enumerate(headers):
        acquisition: PetAcquisition = read_acquisition(header)
        if acquisition.started_at is None or acquisition.duration_s is None:
            raise SuvRefused(
                code="acquisition_time_missing",
                reason="Without decay correction every image needs its acquisition time and "
                "actual frame duration.",
            )
        injected = read_injection_time(
            header, reference=acquisition.started_at, half_life_s=half_life_s
        )
        elapsed_s = (acquisition.started_at - injected).total_seconds()
        effective[index] = (
            dose_bq
            * decay_factor_before_reference(elapsed_s, half_life_s)
            * mean_activity_factor(acquisition.duration_s, half_life_s)
        )
    return effective


def _from_suv(
    headers: Sequence[Dataset], *, warnings: Warnings
) -> tuple[NDArray[np.float64], dict[str, Any]]:
    """Units GML: the voxels are SUVs already, of the kind SUV Type names (default BW)."""
    first = headers[0]
    kind = str(first.get("SUVType") or "BW").strip().upper()
    provenance: dict[str, Any] = {"suv_type": kind}
    if kind == "BW":
        return np.ones(len(headers)), provenance
    weight_kg = _weight_kg(first, warnings)
    height_m = _height_m(first)
    sex = str(first.get("PatientSex") or "").strip().upper()
    if kind in {"LBM", "LBMJAMES128"}:
        if kind == "LBM":
            warnings.add(
                "lean_mass_formula_assumed",
                "SUV Type LBM does not name its formula; James with the factor 128 is assumed.",
            )
        mass_kg = body_size.lean_mass_james_kg(weight_kg=weight_kg, height_m=height_m, sex=sex)
    elif kind == "LBMJANMA":
        mass_kg = body_size.lean_mass_janmahasatian_kg(
            weight_kg=weight_kg, height_m=height_m, sex=sex
        )
    elif kind == "IBW":
        mass_kg = body_size.ideal_weight_kg(height_m=height_m, sex=sex)
    else:
        raise SuvRefused(
            code="suv_type_not_convertible", reason=f"SUV Type {kind} cannot be converted to SUVbw."
        )
    if mass_kg <= 0:
        raise SuvRefused(
            code="body_size_implausible",
            reason=f"Weight {weight_kg:g} kg and size {height_m:g} m give no positive {kind} mass.",
        )
    provenance |= {"weight_kg": weight_kg, "height_m": height_m, "mass_kg": mass_kg}
    return np.full(len(headers), weight_kg / mass_kg), provenance


def _from_surface_suv(
    headers: Sequence[Dataset], *, warnings: Warnings
) -> tuple[NDArray[np.float64], dict[str, Any]]:
    """Units CM2ML: SUV by body surface area."""
    weight_kg = _weight_kg(headers[0], warnings)
    height_m = _height_m(headers[0])
    area_cm2 = body_size.body_surface_area_cm2(weight_kg=weight_kg, height_m=height_m)
    provenance = {
        "suv_type": "BSA",
        "weight_kg": weight_kg,
        "height_m": height_m,
        "body_surface_area_cm2": area_cm2,
    }
    return np.full(len(headers), weight_kg * 1000.0 / area_cm2), provenance


def _from_philips_counts(
    headers: Sequence[Dataset], *, warnings: Warnings
) -> tuple[NDArray[np.float64], dict[str, Any]]:
    """Units CNTS: Philips' private SUV factor, else its activity concentration factor."""
    suv_factors = [private_number(header, group=0x7053, element=0x00) for header in headers]
    if all(factor for factor in suv_factors):
        values = np.array([float(factor or 0.0) for factor in suv_factors])
        return values, {"counts_rule": "philips_suv_factor", "suv_factor": float(values[0])}
    activity_factors = [private_number(header, group=0x7053, element=0x09) for header in headers]
    if not all(factor for factor in activity_factors):
        raise SuvRefused(
            code="counts_factor_missing",
            reason="Units are counts, and neither Philips SUV factor (7053,xx00) nor activity "
            "factor (7053,xx09) is present.",
        )
    factors, provenance = _from_activity(headers, activity_factor=1.0, warnings=warnings)
    concentrations = np.array([float(factor or 0.0) for factor in activity_factors])
    return factors * concentrations, {"counts_rule": "philips_activity_factor", **provenance}


def _corrections(header: Dataset) -> set[str]:
    value = header.get("CorrectedImage") or ()
    values = [value] if isinstance(value, str) else list(value)
    return {str(item).strip().upper() for item in values}


def _weight_kg(header: Dataset, warnings: Warnings) -> float:
    weight = header.get("PatientWeight")
    if weight is None or not math.isfinite(float(weight)) or float(weight) <= 0:
        raise SuvRefused(
            code="patient_weight_missing", reason="Patient's Weight is missing or zero."
        )
    if float(weight) <= _MAX_PLAUSIBLE_WEIGHT_KG:
        return float(weight)
    warnings.add("weight_assumed_grams", f"Patient's Weight {weight} is taken as grams.")
    return float(weight) / 1000.0


def _height_m(header: Dataset) -> float:
    height = header.get("PatientSize")
    if height is None or float(height) <= 0:
        raise SuvRefused(code="patient_size_missing", reason="Patient's Size is missing or zero.")
    if not _MIN_PLAUSIBLE_HEIGHT_M <= float(height) <= _MAX_PLAUSIBLE_HEIGHT_M:
        raise SuvRefused(
            code="body_size_implausible",
            reason=f"Patient's Size {height} is no plausible height in metres.",
        )
    return float(height)
