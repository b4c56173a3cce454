"""One entry as one viewer may see it: the guise, applied once, for REST and the timeline alike."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from apps.cases.access import Standing
from apps.cases.clinical.dates import write_partial
from apps.cases.clinical.hgvs import without_reference
from apps.cases.clinical.kinds import BIOMARKER, DIAGNOSIS, TREATMENT, Kind
from apps.cases.models import ClinicalEntry
from apps.cases.shifting import date_shift

Shown = dict[str, Any]
CODES = ("icd10", "morphology", "snomed")


def show_entry(*, kind: Kind, entry: ClinicalEntry, standing: Standing) -> Shown:
    """Everything for those who know the patient; else words of our own, numbers and known codes.

    Dates of a de-identified view are moved as those of the images are. Who recorded an entry, and
    when, is withheld with the free text: it would give the shift away.
    """
    values = {name: getattr(entry, name) for name in (*kind.fields, *kind.derived)}
    if standing.is_deidentified:
        return _deidentified(kind, entry, values, standing)
    author, withdrawn = entry.recorded_by, entry.withdrawn_at
    return {
        **_head(kind, entry),
        "on": write_partial(entry.on, entry.precision),
        "source_detail": entry.source_detail,
        "note": entry.note,
        "recorded_by": author
        and {
            "id": str(author.pk),
            "display_name": author.display_name,
            "discipline": author.discipline,
        },
        "recorded_at": entry.created_at.isoformat(),
        "error_reason": entry.error_reason,
        "withdrawn_at": withdrawn.isoformat() if withdrawn else None,
        "is_withheld": False,
        **_plain(kind, values),
    }


def _head(kind: Kind, entry: ClinicalEntry) -> Shown:
    return {
        "id": str(entry.pk),
        "version": entry.version,
        "entry": kind.name,
        "status": entry.status,
        "source": entry.source,
        "supersedes": str(entry.supersedes_id) if entry.supersedes_id else None,
    }


def _deidentified(kind: Kind, entry: ClinicalEntry, values: Shown, standing: Standing) -> Shown:
    assert standing.grant_id is not None
    shift = date_shift(grant_id=standing.grant_id)
    day = entry.on
    passes: Shown = {
        name: value if name in kind.open else _BLANK.get(type(value))
        for name, value in values.items()
    }
    refine = _REFINE.get(kind.name)
    if refine is not None:
        passes.update(refine(values))
    for name in kind.open:
        if isinstance(passes.get(name), date):
            passes[name] = passes[name] + shift
    return {
        **_head(kind, entry),
        "on": write_partial(day + shift if day is not None else None, entry.precision),
        "source_detail": "",
        "note": "",
        "recorded_by": None,
        "recorded_at": None,
        "error_reason": "",
        "withdrawn_at": None,
        "is_withheld": True,
        **_plain(kind, passes),
    }


_BLANK: dict[type, Any] = {str: "", list: []}


def _known_codes(values: Shown) -> Shown:
    """A code that no list here knows is something that somebody typed."""
    shown = {}
    for name in CODES:
        display = values[f"{name}_display"]
        shown[f"{name}_code"] = values[f"{name}_code"] if display else ""
        shown[f"{name}_display"] = display
    return shown


def _known_genes(values: Shown) -> Shown:
    known = values["is_known_gene"]
    return {
        "gene": values["gene"] if known else "",
        "partner_gene": values["partner_gene"] if known else "",
        "hgvs_c": without_reference(values["hgvs_c"]),
        "hgvs_p": without_reference(values["hgvs_p"]),
    }


def _precision(values: Shown) -> Shown:
    return {"ended_precision": values["ended_precision"]}


_REFINE: dict[str, Callable[[Shown], Shown]] = {
    DIAGNOSIS.name: _known_codes,
    BIOMARKER.name: _known_genes,
    TREATMENT.name: _precision,
}


def _plain(kind: Kind, values: Shown) -> Shown:
    """As JSON has it: numbers as numbers, dates as they are known."""
    shown: Shown = {}
    precision = values.pop("ended_precision", "")
    for name, value in values.items():
        if isinstance(value, Decimal):
            shown[name] = float(value)
        elif isinstance(value, date):
            shown[name] = write_partial(value, precision or "day")
        else:
            shown[name] = value
    return shown
