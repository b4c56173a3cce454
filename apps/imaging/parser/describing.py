"""The summary of one object that the index and the archive are built from."""

from typing import Any

from pydicom.dataset import FileDataset

from apps.imaging.parser import kinds
from apps.imaging.parser.frames import FrameReport
from apps.imaging.parser.metadata import is_synthetic
from apps.imaging.parser.poses import read_poses
from apps.imaging.parser.reading import text, whole

STUDY_KEYWORDS = {
    "study_date": "StudyDate",
    "study_time": "StudyTime",
    "accession_number": "AccessionNumber",
    "description": "StudyDescription",
}
IDENTITY_KEYWORDS = {
    "patient_id": "PatientID",
    "issuer_of_patient_id": "IssuerOfPatientID",
    "patient_name": "PatientName",
    "patient_birth_date": "PatientBirthDate",
    "patient_sex": "PatientSex",
}
SERIES_KEYWORDS = {
    "modality": "Modality",
    "description": "SeriesDescription",
    "body_part": "BodyPartExamined",
    "frame_of_reference_uid": "FrameOfReferenceUID",
}


def describe(
    dataset: FileDataset,
    *,
    document: dict[str, Any],
    report: FrameReport,
    sha256: str,
    size_bytes: int,
) -> dict[str, Any]:
    """Plain JSON; the parent trusts its shape, never its truth."""
    kind = kinds.kind_of(dataset)
    return {
        "sop_instance_uid": text(dataset, "SOPInstanceUID"),
        "sop_class_uid": text(dataset, "SOPClassUID"),
        "study_instance_uid": text(dataset, "StudyInstanceUID"),
        "series_instance_uid": text(dataset, "SeriesInstanceUID"),
        "transfer_syntax_uid": str(dataset.file_meta.TransferSyntaxUID),
        "kind": kind,
        "identity": {name: text(dataset, key) for name, key in IDENTITY_KEYWORDS.items()},
        "study": {name: text(dataset, key) for name, key in STUDY_KEYWORDS.items()},
        "series": {name: text(dataset, key) for name, key in SERIES_KEYWORDS.items()}
        | {"number": whole(dataset, "SeriesNumber"), "laterality": _laterality(dataset)},
        "instance_number": whole(dataset, "InstanceNumber"),
        "rows": whole(dataset, "Rows"),
        "columns": whole(dataset, "Columns"),
        "synthetic": is_synthetic(document),
        "deidentifiable": kinds.may_be_deidentified(dataset),
        "frames": report.frames,
        "dtype": report.dtype,
        "samples": report.samples,
        "problem": [report.problem_code, report.problem] if report.problem_code else None,
        "poses": read_poses(dataset, frame_count=len(report.frames)) if report.frames else [],
        "sha256": sha256,
        "size_bytes": size_bytes,
    }


def _laterality(dataset: FileDataset) -> str:
    """Of the series, or of this image, as a projection says it (PS3.3 C.8.11.7)."""
    return text(dataset, "Laterality") or text(dataset, "ImageLaterality")
