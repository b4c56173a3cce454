"""Models and their approvals, jobs, findings, their reviews and exports.

A finding belongs to the study's job; a review belongs to finding and case. So one series seen
in two cases is analysed once, and each case decides for itself.
"""

from apps.ai.models.administration import (
    ActivationProposal,
    BundleUpload,
    CardEntry,
    LocalValidation,
    VersionChange,
)
from apps.ai.models.automation import AutomationRule, AutomationRun
from apps.ai.models.external import ExternalFinding, ExternalObject, ExternalReading
from apps.ai.models.findings import Finding
from apps.ai.models.jobs import Job, JobInput
from apps.ai.models.maps import ResultMap
from apps.ai.models.monitoring import JobProfile, ModelAlert, MonitoringReference
from apps.ai.models.registry import Model, ModelApproval, ModelVersion
from apps.ai.models.reviews import (
    FindingAmendment,
    FindingExport,
    FindingOpinion,
    FindingReview,
    FindingViewing,
)
from apps.ai.models.structure_sets import StructureSet
from apps.ai.models.urgency import UrgencyAlert, UrgencyTier
from apps.ai.models.validation import ValidationRun

__all__ = [
    "ActivationProposal",
    "AutomationRule",
    "AutomationRun",
    "BundleUpload",
    "CardEntry",
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
    "JobProfile",
    "LocalValidation",
    "Model",
    "ModelAlert",
    "ModelApproval",
    "ModelVersion",
    "MonitoringReference",
    "ResultMap",
    "StructureSet",
    "UrgencyAlert",
    "UrgencyTier",
    "ValidationRun",
    "VersionChange",
]
