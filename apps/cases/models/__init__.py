"""Patients, cases and who may see which case; each concern has its own module."""

from apps.cases.models.cases import Case
from apps.cases.models.grants import CaseGrant
from apps.cases.models.patients import Patient

__all__ = ["Case", "CaseGrant", "Patient"]
