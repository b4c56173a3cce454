"""Models and their approvals, jobs, findings, their reviews and exports.

A finding belongs to the study's job; a review belongs to finding and case. So one series seen
in two cases is analysed once, and each case decides for itself.
"""

from apps.ai.models.findings import Finding
from apps.ai.models.jobs import Job, JobInput
from apps.ai.models.maps import ResultMap
from apps.ai.models.registry import Model, ModelApproval, ModelVersion
from apps.ai.models.reviews import FindingExport, FindingReview
from apps.ai.models.structure_sets import StructureSet

__all__ = [
    "Finding",
    "FindingExport",
    "FindingReview",
    "Job",
    "JobInput",
    "Model",
    "ModelApproval",
    "ModelVersion",
    "ResultMap",
    "StructureSet",
]
