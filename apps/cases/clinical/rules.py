"""What each kind of entry must say to be kept, and what the house adds to it.

A rule takes the values of one entry and gives them back as they are kept. Each refusal is an
``InvalidInput`` with a code and the field.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from apps.cases.clinical import codes, hgvs, tnm
from apps.cases.clinical.charlson import WEIGHTS, age_points, charlson_index
from apps.cases.clinical.dates import last_day
from apps.cases.clinical.stage_tables import find_group
from apps.cases.clinical_choices import (
    Analyte,
    BiomarkerKind,
    BiomarkerResult,
    BiomarkerUnit,
    GroupSource,
    PerformanceScale,
    StagingScheme,
)
from apps.cases.models import StageTable
from apps.core.exceptions import InvalidInput
from apps.terminology.choices import HGNC, ICD_10, ICD_O_3, SNOMED_CT
from apps.terminology.selectors import look_up

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a rule may need besides the entry.

    ``before`` are the values of the entry that this one supersedes.
    """

    born: date | None
    on: date | None
    is_clinician: bool
    before: Values | None = None
    given: frozenset[str] = frozenset()


def refuse(field: str, message: str, *, code: str) -> InvalidInput:
    return InvalidInput(message, code=code, details={"field": field})


def _read(field: str, text: str, reader: Callable[[str], str], *, code: str) -> str:
    if not text:
        return ""
    try:
        return reader(text)
    except ValueError:
        raise refuse(field, "This has not the form of a code.", code=code) from None


def _display(system: str, code: str) -> str:
    found = look_up(system=system, code=code) if code else None
    return found.display if found else ""


def referral(values: Values, about: Circumstances) -> Values:
    return values


def diagnosis(values: Values, about: Circumstances) -> Values:
    """At least one code or some words; displays come from the terminology alone."""
    icd = _read("icd10_code", values["icd10_code"], codes.read_icd_10, code="code_invalid")
    morphology = _read(
        "morphology_code", values["morphology_code"], codes.read_morphology, code="code_invalid"
    )
    snomed = _read("snomed_code", values["snomed_code"], codes.read_snomed, code="code_invalid")
    if not (icd or morphology or snomed or values["text"]):
        raise refuse("text", "A diagnosis needs a code or words.", code="diagnosis_empty")
    return {
        **values,
        "icd10_code": icd,
        "icd10_display": _display(ICD_10, icd),
        "morphology_code": morphology,
        "morphology_display": _display(ICD_O_3, morphology),
        "snomed_code": snomed,
        "snomed_display": _display(SNOMED_CT, snomed),
    }


def staging(values: Values, about: Circumstances) -> Values:
    """TNM by its form; a group is typed, or read in a table that the site has loaded."""
    read = {**values, "is_draft": not about.is_clinician}
    for name in ("t", "n", "m"):
        if values[name]:
            try:
                read[name] = tnm.read_category(name, values[name])
            except ValueError:
                raise refuse(
                    name, "This has not the form of a category.", code="tnm_invalid"
                ) from None
    if values["scheme"] == StagingScheme.TNM:
        for name, what in (("edition", "edition"), ("prefix", "clinical or pathological")):
            if not values[name]:
                raise refuse(name, f"A TNM needs its {what}.", code=f"{name}_needed")
    elif any(values[name] for name in ("t", "n", "m", "prefix", "edition")):
        raise refuse("scheme", "T, N and M belong to the TNM.", code="not_tnm")
    read.update(_group(read, about))
    if not (read["group"] or read["t"] or read["n"] or read["m"]):
        raise refuse("t", "A stage needs a category or a group.", code="stage_empty")
    return read


_SAME = ("scheme", "edition", "prefix", "t", "n", "m")


def _group(values: Values, about: Circumstances) -> Values:
    table_id = values.pop("table", None)
    if table_id and about.given >= {"group"} and values["group"]:
        raise refuse("group", "Either a group or a table, not both.", code="group_twice")
    if table_id:
        return _group_of_table(values, table_id)
    before = about.before
    if before is not None and "group" not in about.given:
        if before["group"] and any(before[name] != values[name] for name in _SAME):
            raise refuse(
                "group", "The categories changed: say the stage group again.", code="group_needed"
            )
        return {name: before[name] for name in before if name.startswith("group")}
    none = {"group_table": "", "group_table_sha256": ""}
    if not values["group"]:
        return {"group": "", "group_source": GroupSource.NONE, **none}
    try:
        group = tnm.read_group(values["group"])
    except ValueError:
        raise refuse(
            "group", "This has not the form of a stage group.", code="group_invalid"
        ) from None
    return {"group": group, "group_source": GroupSource.TYPED, **none}


def _group_of_table(values: Values, table_id: Any) -> Values:
    table = StageTable.objects.filter(pk=table_id, retired_at__isnull=True).first()
    if table is None:
        raise refuse("table", "No such staging table is in use.", code="table_unknown")
    if table.edition != values["edition"]:
        raise refuse("table", "The table is of another edition.", code="table_edition")
    group = find_group(
        table.rows, prefix=values["prefix"], t=values["t"], n=values["n"], m=values["m"]
    )
    return {
        "group": group,
        "group_source": GroupSource.TABLE,
        "group_table": table.name,
        "group_table_sha256": table.sha256,
    }


def performance(values: Values, about: Circumstances) -> Values:
    scale, value = values["scale"], values["value"]
    if about.on is None:
        raise refuse("on", "When was it assessed?", code="date_needed")
    if scale == PerformanceScale.ECOG and not 0 <= value <= 5:
        raise refuse("value", "ECOG goes from 0 to 5.", code="performance_invalid")
    if scale == PerformanceScale.KPS and (not 0 <= value <= 100 or value % 10):
        raise refuse("value", "Karnofsky goes from 0 to 100 in tens.", code="performance_invalid")
    return values


def comorbidity(values: Values, about: Circumstances) -> Values:
    """``conditions: null`` means not assessed and has no index; an empty list has index 0."""
    conditions = values["conditions"]
    if conditions is None:
        if not values["text"]:
            raise refuse("text", "Nothing is said.", code="comorbidity_empty")
        return {**values, "conditions": None, "charlson_index": None, "age_points": None}
    unknown = sorted(set(conditions) - set(WEIGHTS))
    if unknown:
        raise refuse("conditions", "The index has no such condition.", code="condition_unknown")
    points = None
    if about.born is not None and about.on is not None:
        points = age_points(born=about.born, on=about.on)
    return {
        **values,
        "conditions": sorted(set(conditions)),
        "charlson_index": charlson_index(conditions),
        "age_points": points,
    }


def preference(values: Values, about: Circumstances) -> Values:
    if not values["text"]:
        raise refuse("text", "Nothing is said.", code="preference_empty")
    return values


def allergy(values: Values, about: Circumstances) -> Values:
    if not values["substance"]:
        raise refuse("substance", "To what?", code="substance_needed")
    return values


_UNSETTLED = frozenset({BiomarkerResult.PENDING, BiomarkerResult.FAILED})
_MSI_RESULTS = _UNSETTLED | {
    BiomarkerResult.STABLE,
    BiomarkerResult.MSI_LOW,
    BiomarkerResult.MSI_HIGH,
    BiomarkerResult.EQUIVOCAL,
}
_PERCENTS = frozenset({BiomarkerUnit.PERCENT, BiomarkerUnit.TPS, BiomarkerUnit.IC})


def biomarker(values: Values, about: Circumstances) -> Values:
    """What the result of each kind must carry, so that no number stands without its unit."""
    numbers = {name: _decimal(name, values[name]) for name in ("vaf_percent", "value")}
    values = {**values, **numbers}
    kind, result = values["kind"], values["result"]
    genes = [one for one in (values["gene"], values["partner_gene"]) if one]
    for name in ("gene", "partner_gene"):
        if values[name] and not hgvs.is_gene(values[name]):
            raise refuse(name, "This has not the form of a gene symbol.", code="gene_invalid")
    if values["hgvs_c"] and not hgvs.is_coding(values["hgvs_c"]):
        raise refuse("hgvs_c", "This has not the form of HGVS c.", code="hgvs_invalid")
    if values["hgvs_p"] and not hgvs.is_protein(values["hgvs_p"]):
        raise refuse("hgvs_p", "This has not the form of HGVS p.", code="hgvs_invalid")
    _check_numbers(values)
    if kind in (BiomarkerKind.VARIANT, BiomarkerKind.FUSION, BiomarkerKind.COPY_NUMBER):
        if not values["gene"]:
            raise refuse("gene", "Which gene?", code="gene_needed")
    elif genes or values["hgvs_c"] or values["hgvs_p"] or values["vaf_percent"] is not None:
        raise refuse("gene", "A gene belongs to a variant.", code="not_a_variant")
    if (
        kind == BiomarkerKind.VARIANT
        and result == BiomarkerResult.DETECTED
        and not (values["hgvs_c"] or values["hgvs_p"])
    ):
        raise refuse("hgvs_p", "Which variant? Give HGVS c. or p.", code="variant_needed")
    if kind == BiomarkerKind.MSI and result not in _MSI_RESULTS:
        raise refuse("result", "MSS, MSI-low, MSI-high or equivocal.", code="result_invalid")
    is_number = values["value"] is not None and values["unit"] == BiomarkerUnit.MUTATIONS
    if kind == BiomarkerKind.TMB and result not in _UNSETTLED and not is_number:
        raise refuse("value", "TMB is mutations per megabase.", code="value_needed")
    if kind == BiomarkerKind.RECEPTOR:
        _check_receptor(values)
    known = all(look_up(system=HGNC, code=one) for one in genes) and bool(genes)
    return {**values, "is_known_gene": known}


def _decimal(field: str, value: Any) -> Decimal | None:
    if value is None:
        return None
    try:
        read = Decimal(str(value))
    except InvalidOperation:
        raise refuse(field, "This is no number.", code="value_invalid") from None
    if not read.is_finite():
        raise refuse(field, "This is no number.", code="value_invalid")
    return read


def _check_receptor(values: Values) -> None:
    if not values["analyte"]:
        raise refuse("analyte", "Which receptor or protein?", code="analyte_needed")
    scores = (BiomarkerUnit.NONE, BiomarkerUnit.TPS, BiomarkerUnit.CPS, BiomarkerUnit.IC)
    if values["analyte"] == Analyte.PDL1 and values["unit"] not in scores:
        raise refuse("unit", "PD-L1 is told as TPS, CPS or IC.", code="unit_needed")


def _check_numbers(values: Values) -> None:
    value, unit, vaf = values["value"], values["unit"], values["vaf_percent"]
    if (value is None) != (not unit):
        raise refuse("unit", "A number and its unit go together.", code="unit_needed")
    if value is not None and value < 0:
        raise refuse("value", "It is below nothing.", code="value_invalid")
    if value is not None and unit in _PERCENTS and value > Decimal(100):
        raise refuse("value", "It is more than 100 %.", code="value_invalid")
    if value is not None and unit == BiomarkerUnit.CPS and value > Decimal(100):
        raise refuse("value", "CPS ends at 100.", code="value_invalid")
    if value is not None and unit == BiomarkerUnit.IHC and value > Decimal(3):
        raise refuse("value", "The score goes from 0 to 3.", code="value_invalid")
    if vaf is not None and not 0 <= vaf <= Decimal(100):
        raise refuse("vaf_percent", "Between 0 and 100 %.", code="value_invalid")


def treatment(values: Values, about: Circumstances) -> Values:
    if not values["description"]:
        raise refuse("description", "Which treatment?", code="description_needed")
    ended, began = values["ended_on"], about.on
    if ended and began and last_day(ended, values["ended_precision"]) < began:
        raise refuse("ended_on", "It ended before it began.", code="end_before_start")
    return values
