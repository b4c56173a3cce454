"""Referral, diagnosis, stage and state of the patient. How each maps to mCODE: docs/cases.md."""

from django.db import models
from django.db.models import Q

from apps.cases.clinical_choices import (
    Certainty,
    Criticality,
    Edition,
    GroupSource,
    Laterality,
    PerformanceScale,
    ReferralReason,
    StagePrefix,
    StagingScheme,
)
from apps.cases.models.entries import ClinicalEntry
from apps.core.models import BaseModel


class Referral(ClinicalEntry):
    """Who asks the board, and why now. A case that comes back has another one."""

    referrer = models.CharField(max_length=200, blank=True)
    institution = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=20, choices=ReferralReason.choices)
    wanted_on = models.DateField(null=True, blank=True)
    is_new_problem = models.BooleanField(null=True, blank=True)


class CodedDiagnosis(ClinicalEntry):
    """A display is filled only where a code list here knows the code; ``text`` is free."""

    icd10_code = models.CharField(max_length=10, blank=True)
    icd10_display = models.CharField(max_length=300, blank=True)
    morphology_code = models.CharField(max_length=6, blank=True)
    morphology_display = models.CharField(max_length=300, blank=True)
    snomed_code = models.CharField(max_length=18, blank=True)
    snomed_display = models.CharField(max_length=300, blank=True)
    text = models.TextField(max_length=5000, blank=True)
    certainty = models.CharField(max_length=12, choices=Certainty.choices)
    laterality = models.CharField(max_length=10, choices=Laterality.choices, blank=True)


class Staging(ClinicalEntry):
    """T, N and M as given, checked for their form. ``group`` was typed, or read in a table.

    ``is_draft``: somebody without a clinical part in the case wrote it; a clinician confirms.
    """

    scheme = models.CharField(max_length=10, choices=StagingScheme.choices)
    edition = models.CharField(max_length=10, choices=Edition.choices, blank=True)
    prefix = models.CharField(max_length=2, choices=StagePrefix.choices, blank=True)
    t = models.CharField(max_length=20, blank=True)
    n = models.CharField(max_length=20, blank=True)
    m = models.CharField(max_length=20, blank=True)
    group = models.CharField(max_length=12, blank=True)
    group_source = models.CharField(max_length=5, choices=GroupSource.choices, blank=True)
    group_table = models.CharField(max_length=100, blank=True)
    group_table_sha256 = models.CharField(max_length=64, blank=True)
    is_draft = models.BooleanField(default=False)


class PerformanceStatus(ClinicalEntry):
    """ECOG 0 to 5, or Karnofsky 0 to 100 in tens, as it was assessed."""

    scale = models.CharField(max_length=4, choices=PerformanceScale.choices)
    value = models.PositiveSmallIntegerField()

    class Meta(ClinicalEntry.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(scale="ecog", value__lte=5) | Q(scale="kps", value__lte=100),
                name="performance_within_scale",
            )
        ]


class Comorbidity(ClinicalEntry):
    """Other illnesses. The Charlson index is computed from ``conditions``, never typed."""

    text = models.TextField(max_length=5000, blank=True)
    conditions = models.JSONField(null=True, blank=True)
    charlson_index = models.PositiveSmallIntegerField(null=True, blank=True)
    age_points = models.PositiveSmallIntegerField(null=True, blank=True)


class PatientPreference(ClinicalEntry):
    """What matters to this patient, as told to whoever recorded it."""

    text = models.TextField(max_length=5000)


class Allergy(ClinicalEntry):
    substance = models.CharField(max_length=200)
    reaction = models.CharField(max_length=300, blank=True)
    criticality = models.CharField(max_length=20, choices=Criticality.choices)


class StageTable(BaseModel):
    """Stage groups by T, N and M, loaded by a site that has the licence. None is shipped."""

    name = models.CharField(max_length=100)
    edition = models.CharField(max_length=10, choices=Edition.choices)
    rows = models.JSONField(default=list)
    sha256 = models.CharField(max_length=64)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["name"],
                condition=Q(retired_at__isnull=True),
                name="one_stage_table_per_name",
            )
        ]

    def __str__(self) -> str:
        return self.name
