"""What a case says at a glance follows the newest entry that stands.

Worklist, agenda and meeting read diagnosis, stage and ECOG from the case itself. As soon as there
is an entry, it says them, and they are no longer typed.
"""

from typing import Any
from uuid import UUID

from apps.cases.clinical.kinds import DIAGNOSIS, PERFORMANCE, STAGING, Kind
from apps.cases.clinical.reading import NEWEST_FIRST, entries_of
from apps.cases.clinical.tnm import write_stage
from apps.cases.clinical_choices import Certainty, Edition, PerformanceScale
from apps.cases.models import Case, CodedDiagnosis, PerformanceStatus, Staging
from apps.core.exceptions import Conflict
from apps.terminology.choices import ICD_10, SNOMED_CT, SYSTEMS

GLANCE: dict[str, tuple[str, ...]] = {
    DIAGNOSIS.name: (
        "diagnosis_system",
        "diagnosis_code",
        "diagnosis_display",
        "diagnosis_text",
    ),
    STAGING.name: ("stage",),
    PERFORMANCE.name: ("ecog",),
}
"""Which fields of the case an entry of which kind says."""


def glance_of(*, kind: Kind, case_id: UUID) -> dict[str, Any]:
    """The fields of the case as the entries say them; empty where none stands."""
    if kind is DIAGNOSIS:
        return _diagnosis(case_id)
    if kind is STAGING:
        return _stage(case_id)
    if kind is PERFORMANCE:
        return _ecog(case_id)
    return {}


def refuse_typed_over(*, case: Case, changes: dict[str, Any]) -> None:
    """What entries say cannot be typed into the case.

    Raises
    ------
    Conflict
        ``said_by_entries``; details name the fields.
    """
    asked = {name for name, value in changes.items() if getattr(case, name) != value}
    said = [
        name
        for kind in (DIAGNOSIS, STAGING, PERFORMANCE)
        for name in GLANCE[kind.name]
        if name in asked and _says(kind, case.pk)
    ]
    if said:
        raise Conflict(
            "Entries of this case say this: revise them instead.",
            code="said_by_entries",
            details={"fields": sorted(said)},
        )


def _says(kind: Kind, case_id: UUID) -> bool:
    entries = entries_of(kind=kind, case_id=case_id)
    if kind is PERFORMANCE:
        return PerformanceStatus.objects.filter(
            pk__in=entries.values("pk"), scale=PerformanceScale.ECOG
        ).exists()
    return entries.exists()


def _diagnosis(case_id: UUID) -> dict[str, Any]:
    """The newest that is confirmed, else the newest that is suspected; never a refuted one."""
    none = dict.fromkeys(GLANCE[DIAGNOSIS.name], "")
    rows = CodedDiagnosis.objects.filter(
        pk__in=entries_of(kind=DIAGNOSIS, case_id=case_id).values("pk"),
        certainty__in=(Certainty.CONFIRMED, Certainty.PROVISIONAL),
    ).order_by("certainty", *NEWEST_FIRST)  # "confirmed" before "provisional"
    row = rows.first()
    if row is None:
        return none
    system, code, display = "", "", ""
    if row.icd10_code:
        system, code, display = SYSTEMS[ICD_10].uri, row.icd10_code, row.icd10_display
    elif row.snomed_code:
        system, code, display = SYSTEMS[SNOMED_CT].uri, row.snomed_code, row.snomed_display
    return {
        "diagnosis_system": system if display else "",
        "diagnosis_code": code if display else "",  # shown to guests: known codes only
        "diagnosis_display": display,
        "diagnosis_text": row.text or ("" if display else code or row.morphology_code),
    }


def _stage(case_id: UUID) -> dict[str, Any]:
    row = (
        Staging.objects.filter(pk__in=entries_of(kind=STAGING, case_id=case_id).values("pk"))
        .order_by(*NEWEST_FIRST)
        .first()
    )
    if row is None:
        return {"stage": ""}
    edition = Edition(row.edition).label if row.edition else ""
    line = write_stage(
        scheme=row.scheme, prefix=row.prefix, t=row.t, n=row.n, m=row.m, group=row.group,
        edition=edition,
    )  # fmt: skip
    return {"stage": f"{line}, draft" if row.is_draft else line}


def _ecog(case_id: UUID) -> dict[str, Any]:
    row = (
        PerformanceStatus.objects.filter(
            pk__in=entries_of(kind=PERFORMANCE, case_id=case_id).values("pk"),
            scale=PerformanceScale.ECOG,
        )
        .order_by(*NEWEST_FIRST)
        .first()
    )
    return {"ecog": row.value if row else None}
