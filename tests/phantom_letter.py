"""A referral as a PDF, of a phantom's own patient: the demo hospital has no documents."""

from __future__ import annotations

import tempfile
from pathlib import Path

import httpx

from tests.apps.imaging.dicom import to_bytes
from tests.apps.imaging.pdfs import build, encapsulate
from tests.e2e.harness import Stack

LETTER = (
    "Referral for stereotactic radiotherapy",
    "",
    "SYNTHETIC PHANTOM: this patient does not exist.",
    "",
    "77-year-old woman, lung cancer of the right lower lobe,",
    "28 mm. Lives alone, walks with a frame. No surgery wanted.",
    "",
    "Asked: stereotactic radiotherapy or best supportive care?",
    "",
    "Sent with: CT of the thorax.",
)


def import_letter(stack: Stack, reader: httpx.Client, case_id: str) -> None:
    """A referral as a PDF, of the phantom's own patient, once."""
    case = reader.get(f"/api/cases/{case_id}").json()
    listed = reader.get(f"/api/cases/{case['id']}/documents").json()["results"]
    if any(one["kind"] == "pdf" for one in listed):
        return
    study = reader.get(f"/api/cases/{case['id']}/studies").json()["results"][0]
    patient = case["patient"]
    pdf = encapsulate(
        build([letter(LETTER)]),
        study_uid=study["study_instance_uid"],
        series_uid=f"{study['study_instance_uid']}.77",
        PatientID=patient["patient_id"],
        PatientName=patient["name"],
        PatientBirthDate=(patient["birth_date"] or "").replace("-", ""),
        PatientSex=patient["sex"],
        SeriesDescription="Referral [SYNTHETIC PHANTOM]",
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "letter.dcm"
        path.write_bytes(to_bytes(pdf))
        stack.manage("import_dicom", str(path), "--case", case["id"])


def letter(lines: tuple[str, ...]) -> bytes:
    """The content of a page: its first line larger."""
    written = " ".join(
        f"BT /F1 {17 if number == 0 else 14} Tf 72 {700 - 26 * number} Td ({line}) Tj ET"
        for number, line in enumerate(lines)
    )
    return f"0 0 0 rg {written}".encode()
