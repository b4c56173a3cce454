"""Models and their approvals, jobs, findings, their reviews and exports.

A finding belongs to the study's job; a review belongs to finding and case. So one series seen
in two cases is analysed once, and each case decides for itself.
"""

from apps.ai.models.external import ExternalFinding, ExternalObject, ExternalReading
from apps.ai.models.findings import Finding
from apps.ai.models.jobs import Job, JobInput
from apps.ai.models.registry import Model, ModelApproval, ModelVersion
from apps.ai.models.reviews import (
    FindingAmendment,
    FindingExport,
    FindingOpinion,
    FindingReview,
    FindingViewing,
)

__all__ = [
    "ExternalFinding",
    "ExternalObject",
    "ExternalReading",
    "Finding",
    "FindingAmendment",
    "FindingExport",
    "FindingOpinion",
    "FindingReview",
    "FindingViewing",
    "Job",
    "JobInput",
    "Model",
    "ModelApproval",
    "ModelVersion",
]
