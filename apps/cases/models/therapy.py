"""What is known of the tumour's biology, and what was done against it."""

from django.db import models

from apps.cases.clinical_choices import (
    Analyte,
    BiomarkerKind,
    BiomarkerResult,
    BiomarkerUnit,
    Precision,
    SpecimenKind,
    TreatmentIntent,
    TreatmentKind,
    TreatmentOutcome,
)
from apps.cases.models.entries import ClinicalEntry


class Biomarker(ClinicalEntry):
    """One result. HGVS is checked for its form, not against a sequence.

    ``is_known_gene``: a code list here has the symbol.
    """

    kind = models.CharField(max_length=12, choices=BiomarkerKind.choices)
    gene = models.CharField(max_length=20, blank=True)
    partner_gene = models.CharField(max_length=20, blank=True)
    is_known_gene = models.BooleanField(default=False)
    hgvs_c = models.CharField(max_length=120, blank=True)
    hgvs_p = models.CharField(max_length=120, blank=True)
    vaf_percent = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    analyte = models.CharField(max_length=10, choices=Analyte.choices, blank=True)
    result = models.CharField(max_length=14, choices=BiomarkerResult.choices)
    value = models.DecimalField(max_digits=8, decimal_places=2, null=True, blank=True)
    unit = models.CharField(max_length=12, choices=BiomarkerUnit.choices, blank=True)
    specimen = models.CharField(max_length=12, choices=SpecimenKind.choices, blank=True)
    specimen_detail = models.CharField(max_length=200, blank=True)
    method = models.CharField(max_length=200, blank=True)


class Treatment(ClinicalEntry):
    """``on`` is when it began, or is planned to."""

    kind = models.CharField(max_length=20, choices=TreatmentKind.choices)
    description = models.CharField(max_length=500)
    intent = models.CharField(max_length=12, choices=TreatmentIntent.choices, blank=True)
    ended_on = models.DateField(null=True, blank=True)
    ended_precision = models.CharField(max_length=5, choices=Precision.choices, blank=True)
    outcome = models.CharField(max_length=20, choices=TreatmentOutcome.choices, blank=True)
