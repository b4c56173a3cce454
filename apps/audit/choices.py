"""Audited actions, with the DICOM audit event they correspond to (PS3.16 CID 400)."""

from django.db import models


class Outcome(models.TextChoices):
    SUCCESS = "success", "Success"
    REFUSED = "refused", "Refused"
    FAILED = "failed", "Failed"


DICOM_EVENT_OF_PREFIX: dict[str, str] = {
    "auth": "110114",  # User Authentication
    "query": "110112",  # Query
    "images": "110103",  # Instances Accessed
    "transfer": "110104",  # Instances Transferred
    "export": "110106",  # Export
    "import": "110107",  # Import
    "case": "110110",  # Patient Record
    "patient": "110110",
    "access": "110147",  # Access Control Decision
    "security": "110113",  # Security Alert
    "audit": "110101",  # Audit Log Used
}
"""First word of an action -> DCM code; others are application activity (110100)."""


def dicom_event_code(action: str) -> str:
    return DICOM_EVENT_OF_PREFIX.get(action.split(".", 1)[0], "110100")
