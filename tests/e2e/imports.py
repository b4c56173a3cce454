"""Cases of files: a patient, a case with a reader on it, and what the import command says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import httpx

from tests.apps.imaging.dicom import SHARED_DATA as SHARED
from tests.e2e.harness import Stack

__all__ = ["SHARED", "Imported", "import_into", "import_sets", "new_case", "new_cases", "person"]

Imported = tuple[str, list[dict[str, Any]]]
REASON = "Files of others, shown in a test case."
IMPORT = """
from django.core.management import call_command
for case, paths in {jobs!r}:
    print("CASE", case)
    try:
        call_command("import_dicom", *paths, case=case, mismatch_reason={reason!r})
    except Exception as error:
        print("REFUSED", error)
"""


def person(patient_id: str, name: str, *, born: str = "", sex: str = "") -> dict[str, Any]:
    """A patient as REST takes it; `born` as DICOM writes it, empty where it is no day."""
    is_day = len(born) == 8 and "00" not in (born[4:6], born[6:])
    return {
        "patient_id": patient_id,
        "name": name,
        "birth_date": f"{born[:4]}-{born[4:6]}-{born[6:]}" if is_day else None,
        "sex": sex if sex in {"F", "M", "O"} else "",
    }


def new_cases(
    stack: Stack, wanted: Mapping[str, dict[str, Any]], *, coordinator: httpx.Client | None = None
) -> dict[str, str]:
    """Title -> id, of cases that the radiologist may read; a patient may be known already."""
    coordinator = coordinator or stack.client(role="coordinator")
    reader = stack.client(role="radiologist").get("/api/me").json()["id"]
    cases = {}
    for title, patient in wanted.items():
        made = coordinator.post("/api/patients", json=patient)
        found = made.json()
        patient_id = found["id"] if made.status_code == 201 else found["details"]["patient"]
        case = coordinator.post("/api/cases", json={"patient": patient_id, "title": title}).json()
        coordinator.post(f"/api/cases/{case['id']}/members", json={"user": reader})
        cases[title] = str(case["id"])
    return cases


def new_case(stack: Stack, patient: dict[str, Any], title: str) -> str:
    return new_cases(stack, {title: patient})[title]


def import_into(
    stack: Stack, wanted: Mapping[str, Iterable[str | Path]], *, may_refuse: bool = False
) -> dict[str, str]:
    """Files or folders into each of these cases, all in one process; what was said of each."""
    jobs = [(case, [str(path) for path in paths]) for case, paths in wanted.items()]
    told = stack.manage("shell", "-c", IMPORT.format(jobs=jobs, reason=REASON))
    said = dict(part.split("\n", 1) for part in told.split("CASE ")[1:])
    assert said.keys() == wanted.keys()
    assert may_refuse or "REFUSED" not in told, told
    return said


def import_sets(stack: Stack, patient_id: str, *folders: str | Path) -> Imported:
    """A case of a patient of its own with shared data, by name, or with folders of a test."""
    coordinator = stack.client(role="coordinator")
    patient = person(patient_id, f"{patient_id.title()}^Of")
    case_id = new_cases(stack, {patient_id: patient}, coordinator=coordinator)[patient_id]
    paths = [str(SHARED / folder) for folder in folders]
    stack.manage("import_dicom", *paths, "--case", case_id, "--mismatch-reason", REASON)
    studies = coordinator.get(f"/api/cases/{case_id}/studies?limit=200").json()["results"]
    return case_id, [series for study in studies for series in study["series"]]
