"""Who people are: global roles and clinical disciplines."""

from django.db import models


class SystemRole(models.TextChoices):
    """Global roles. None of them opens a case: membership does."""

    SYSTEM_ADMIN = "system_admin", "System administrator"
    AI_ADMIN = "ai_admin", "AI administrator"
    AUDITOR = "auditor", "Auditor"
    COORDINATOR = "coordinator", "Coordinator"


class AccountKind(models.TextChoices):
    PERSON = "person", "Person"
    PLACE = "place", "Screen of a room, for one meeting"


class Discipline(models.TextChoices):
    RADIOLOGY = "radiology", "Radiology"
    NUCLEAR_MEDICINE = "nuclear_medicine", "Nuclear medicine"
    PATHOLOGY = "pathology", "Pathology"
    SURGERY = "surgery", "Surgery"
    MEDICAL_ONCOLOGY = "medical_oncology", "Medical oncology"
    RADIATION_ONCOLOGY = "radiation_oncology", "Radiation oncology"
    GASTROENTEROLOGY = "gastroenterology", "Gastroenterology"
    PULMONOLOGY = "pulmonology", "Pulmonology"
    NURSING = "nursing", "Nursing"
    COORDINATION = "coordination", "Coordination"
    ADMINISTRATION = "administration", "Administration"
    OTHER = "other", "Other"


IMAGING_DISCIPLINES = frozenset({Discipline.RADIOLOGY, Discipline.NUCLEAR_MEDICINE})
"""Disciplines that sign findings on images (permission table, `AI: accept/dismiss`)."""

CLINICAL_DISCIPLINES = frozenset(Discipline) - {
    Discipline.COORDINATION,
    Discipline.ADMINISTRATION,
    Discipline.OTHER,
    Discipline.NURSING,
}
