"""Studies of a case for its timeline, in the viewer's guise."""

from typing import Any
from uuid import UUID

from apps.core.actors import Actor
from apps.imaging.selectors import list_case_studies

SLIDES = "SM"
"""DICOM modality of whole slide images: what a pathologist reads."""


def studies_on_timeline(*, actor: Actor, case_id: UUID) -> list[dict[str, Any]]:
    """One line per study; undated ones too. A study of slides alone is pathology."""
    lines = []
    for study in list_case_studies(actor=actor, case_id=case_id):
        modalities = list(study.modalities)
        lines.append(
            {
                "at": study.study_date,
                "precision": "day" if study.study_date else "unknown",
                "kind": "pathology" if modalities == [SLIDES] else "imaging",
                "id": str(study.row.pk),
                "title": study.description or " ".join(modalities) or "Study",
                "detail": "",
                "source": "dicom",
                "tags": modalities,
            }
        )
    return lines
