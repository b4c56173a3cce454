"""Body size formulas behind the SUV normalisations (clinical reference D4).

Every formula takes kilograms and metres and says its source. None of them guesses a sex: where a
formula has only a male and a female branch and the patient has neither, it refuses.
"""

from __future__ import annotations

from apps.imaging.suv.refusals import SuvRefused

#: Du Bois and Du Bois 1916.
_DU_BOIS_COEFFICIENT = 0.007184


def body_surface_area_cm2(*, weight_kg: float, height_m: float) -> float:
    """Body surface area after Du Bois, in cm2 (PS3.3 C.8.9.1, SUV Type BSA)."""
    area_m2 = _DU_BOIS_COEFFICIENT * weight_kg**0.425 * (height_m * 100.0) ** 0.725
    return float(area_m2 * 1e4)


def lean_mass_james_kg(*, weight_kg: float, height_m: float, sex: str) -> float:
    """Lean body mass after James with the factor 128 (SUV Type LBMJAMES128)."""
    ratio = (weight_kg / (height_m * 100.0)) ** 2
    if sex == "M":
        return 1.10 * weight_kg - 128.0 * ratio
    if sex == "F":
        return 1.07 * weight_kg - 148.0 * ratio
    raise _sex_required("James")


def lean_mass_janmahasatian_kg(*, weight_kg: float, height_m: float, sex: str) -> float:
    """Lean body mass after Janmahasatian 2005 (SUV Type LBMJANMA)."""
    body_mass_index = weight_kg / height_m**2
    if sex == "M":
        return 9270.0 * weight_kg / (6680.0 + 216.0 * body_mass_index)
    if sex == "F":
        return 9270.0 * weight_kg / (8780.0 + 244.0 * body_mass_index)
    raise _sex_required("Janmahasatian")


def ideal_weight_kg(*, height_m: float, sex: str) -> float:
    """Ideal body weight (SUV Type IBW).

    For a patient of other sex it is the mean of both branches: that is inferred from the digital
    reference object DRO_2_2, which comes to its expected 4.000 g/mL with it.
    """
    excess_cm = height_m * 100.0 - 152.0
    male = 48.0 + 1.06 * excess_cm
    female = 45.5 + 0.91 * excess_cm
    if sex == "M":
        return male
    if sex == "F":
        return female
    return (male + female) / 2.0


def _sex_required(formula: str) -> SuvRefused:
    return SuvRefused(
        code="patient_sex_required",
        reason=f"The lean body mass formula of {formula} needs Patient's Sex M or F.",
    )
