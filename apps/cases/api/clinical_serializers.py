"""The clinical content of a case on the wire: for each kind what is written and what is read."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from apps.accounts.api.serializers import PersonSerializer
from apps.cases.clinical.charlson import WEIGHTS
from apps.cases.clinical_choices import (
    Analyte,
    BiomarkerKind,
    BiomarkerResult,
    BiomarkerUnit,
    Certainty,
    Criticality,
    Edition,
    EntrySource,
    EntryStatus,
    GroupSource,
    Laterality,
    PerformanceScale,
    ReferralReason,
    SpecimenKind,
    StagePrefix,
    StagingScheme,
    TreatmentIntent,
    TreatmentKind,
    TreatmentOutcome,
)
from apps.cases.models import StageTable

PARTIAL = "2026, 2026-03 or 2026-03-14: as exact as it is known."


def _text(length: int, *, help_text: str = "") -> serializers.CharField:
    return serializers.CharField(
        max_length=length, allow_blank=True, required=False, help_text=help_text
    )


def _choice(choices: Any, *, blank: bool = False) -> serializers.ChoiceField:
    return serializers.ChoiceField(choices=choices, allow_blank=blank, required=not blank)


def _number(digits: int) -> serializers.DecimalField:
    return serializers.DecimalField(
        max_digits=digits, decimal_places=2, allow_null=True, required=False, coerce_to_string=False
    )


class EntryWriteSerializer(serializers.Serializer[Any]):
    """What every kind takes. A PATCH sends only what changes."""

    on = serializers.CharField(
        max_length=10, allow_null=True, allow_blank=True, required=False, help_text=PARTIAL
    )
    source = serializers.ChoiceField(  # type: ignore[assignment]
        choices=EntrySource.choices, required=False
    )
    source_detail = _text(200)
    note = _text(5000)
    version = serializers.IntegerField(required=False)

    def to_fields(self) -> dict[str, Any]:
        fields = dict(self.validated_data)
        fields.pop("version", None)
        return fields


class EntrySerializer(serializers.Serializer[Any]):
    """What every kind shows. De-identified: words of our own, numbers and known codes only."""

    id = serializers.UUIDField()
    version = serializers.IntegerField()
    entry = serializers.CharField(help_text="Its kind.")
    status = serializers.ChoiceField(choices=EntryStatus.choices)
    on = serializers.CharField(allow_null=True, help_text=PARTIAL)
    source = serializers.ChoiceField(  # type: ignore[assignment]
        choices=EntrySource.choices
    )
    source_detail = serializers.CharField(allow_blank=True)
    note = serializers.CharField(allow_blank=True)
    supersedes = serializers.UUIDField(allow_null=True)
    recorded_by = PersonSerializer(allow_null=True)
    recorded_at = serializers.DateTimeField(allow_null=True)
    error_reason = serializers.CharField(allow_blank=True)
    withdrawn_at = serializers.DateTimeField(allow_null=True)
    is_withheld = serializers.BooleanField(help_text="The viewer gets no free text.")


class ReferralWriteSerializer(EntryWriteSerializer):
    referrer = _text(200)
    institution = _text(200)
    reason = _choice(ReferralReason.choices)
    wanted_on = serializers.DateField(allow_null=True, required=False)
    is_new_problem = serializers.BooleanField(allow_null=True, required=False)


class ReferralEntrySerializer(EntrySerializer):
    referrer = serializers.CharField(allow_blank=True)
    institution = serializers.CharField(allow_blank=True)
    reason = serializers.ChoiceField(choices=ReferralReason.choices)
    wanted_on = serializers.DateField(allow_null=True)
    is_new_problem = serializers.BooleanField(allow_null=True)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Coded",
            value={
                "icd10_code": "C34.11",
                "morphology_code": "8140/3",
                "snomed_code": "254626006",
                "certainty": "confirmed",
                "on": "2026-08-11",
                "source": "pathology_report",
            },
            request_only=True,
        )
    ]
)
class DiagnosisWriteSerializer(EntryWriteSerializer):
    icd10_code = _text(10)
    morphology_code = _text(10, help_text="ICD-O-3 morphology and behaviour: 8140/3.")
    snomed_code = _text(18)
    text = _text(5000)
    certainty = _choice(Certainty.choices)
    laterality = _choice(Laterality.choices, blank=True)


class DiagnosisEntrySerializer(EntrySerializer):
    icd10_code = serializers.CharField(allow_blank=True)
    icd10_display = serializers.CharField(allow_blank=True)
    morphology_code = serializers.CharField(allow_blank=True)
    morphology_display = serializers.CharField(allow_blank=True)
    snomed_code = serializers.CharField(allow_blank=True)
    snomed_display = serializers.CharField(allow_blank=True)
    text = serializers.CharField(allow_blank=True)
    certainty = serializers.ChoiceField(choices=Certainty.choices)
    laterality = serializers.ChoiceField(choices=Laterality.choices, allow_blank=True)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "TNM with a group",
            value={
                "scheme": "tnm",
                "edition": "uicc_8",
                "prefix": "c",
                "t": "T2a",
                "n": "N1",
                "m": "M0",
                "group": "IIB",
                "on": "2026-08-20",
            },
            request_only=True,
        )
    ]
)
class StagingWriteSerializer(EntryWriteSerializer):
    scheme = _choice(StagingScheme.choices)
    edition = _choice(Edition.choices, blank=True)
    prefix = _choice(StagePrefix.choices, blank=True)
    t = _text(20)
    n = _text(20)
    m = _text(20)
    group = _text(12)
    table = serializers.UUIDField(
        allow_null=True, required=False, help_text="Read the group in this table of the site."
    )


class StagingEntrySerializer(EntrySerializer):
    scheme = serializers.ChoiceField(choices=StagingScheme.choices)
    edition = serializers.ChoiceField(choices=Edition.choices, allow_blank=True)
    prefix = serializers.ChoiceField(choices=StagePrefix.choices, allow_blank=True)
    t = serializers.CharField(allow_blank=True)
    n = serializers.CharField(allow_blank=True)
    m = serializers.CharField(allow_blank=True)
    group = serializers.CharField(allow_blank=True)
    group_source = serializers.ChoiceField(choices=GroupSource.choices, allow_blank=True)
    group_table = serializers.CharField(allow_blank=True)
    group_table_sha256 = serializers.CharField(allow_blank=True)
    is_draft = serializers.BooleanField()


class PerformanceWriteSerializer(EntryWriteSerializer):
    scale = _choice(PerformanceScale.choices)
    value = serializers.IntegerField(min_value=0, max_value=100)


class PerformanceEntrySerializer(EntrySerializer):
    scale = serializers.ChoiceField(choices=PerformanceScale.choices)
    value = serializers.IntegerField()


class ComorbidityWriteSerializer(EntryWriteSerializer):
    text = _text(5000)
    conditions = serializers.ListField(
        child=serializers.ChoiceField(choices=sorted(WEIGHTS)),
        max_length=len(WEIGHTS),
        allow_null=True,
        required=False,
        help_text="null: not assessed. An empty list: none of them.",
    )


class ComorbidityEntrySerializer(EntrySerializer):
    text = serializers.CharField(allow_blank=True)
    conditions = serializers.ListField(child=serializers.CharField(), allow_null=True)
    charlson_index = serializers.IntegerField(allow_null=True)
    age_points = serializers.IntegerField(allow_null=True)


class PreferenceWriteSerializer(EntryWriteSerializer):
    text = serializers.CharField(max_length=5000)


class PreferenceEntrySerializer(EntrySerializer):
    text = serializers.CharField(allow_blank=True)


class AllergyWriteSerializer(EntryWriteSerializer):
    substance = serializers.CharField(max_length=200)
    reaction = _text(300)
    criticality = _choice(Criticality.choices)


class AllergyEntrySerializer(EntrySerializer):
    substance = serializers.CharField(allow_blank=True)
    reaction = serializers.CharField(allow_blank=True)
    criticality = serializers.ChoiceField(choices=Criticality.choices)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A variant",
            value={
                "kind": "variant",
                "gene": "EGFR",
                "hgvs_c": "c.2573T>G",
                "hgvs_p": "p.Leu858Arg",
                "vaf_percent": 23.5,
                "result": "detected",
                "specimen": "primary",
                "on": "2026-08-25",
                "source": "laboratory",
            },
            request_only=True,
        )
    ]
)
class BiomarkerWriteSerializer(EntryWriteSerializer):
    kind = _choice(BiomarkerKind.choices)
    gene = _text(20)
    partner_gene = _text(20)
    hgvs_c = _text(120)
    hgvs_p = _text(120)
    vaf_percent = _number(5)
    analyte = _choice(Analyte.choices, blank=True)
    result = _choice(BiomarkerResult.choices)
    value = _number(8)
    unit = _choice(BiomarkerUnit.choices, blank=True)
    specimen = _choice(SpecimenKind.choices, blank=True)
    specimen_detail = _text(200)
    method = _text(200)


class BiomarkerEntrySerializer(EntrySerializer):
    kind = serializers.ChoiceField(choices=BiomarkerKind.choices)
    gene = serializers.CharField(allow_blank=True)
    partner_gene = serializers.CharField(allow_blank=True)
    is_known_gene = serializers.BooleanField()
    hgvs_c = serializers.CharField(allow_blank=True)
    hgvs_p = serializers.CharField(allow_blank=True)
    vaf_percent = serializers.FloatField(allow_null=True)
    analyte = serializers.ChoiceField(choices=Analyte.choices, allow_blank=True)
    result = serializers.ChoiceField(choices=BiomarkerResult.choices)
    value = serializers.FloatField(allow_null=True)
    unit = serializers.ChoiceField(choices=BiomarkerUnit.choices, allow_blank=True)
    specimen = serializers.ChoiceField(choices=SpecimenKind.choices, allow_blank=True)
    specimen_detail = serializers.CharField(allow_blank=True)
    method = serializers.CharField(allow_blank=True)


class TreatmentWriteSerializer(EntryWriteSerializer):
    kind = _choice(TreatmentKind.choices)
    description = serializers.CharField(max_length=500)
    intent = _choice(TreatmentIntent.choices, blank=True)
    ended_on = serializers.CharField(
        max_length=10, allow_null=True, allow_blank=True, required=False, help_text=PARTIAL
    )
    outcome = _choice(TreatmentOutcome.choices, blank=True)


class TreatmentEntrySerializer(EntrySerializer):
    kind = serializers.ChoiceField(choices=TreatmentKind.choices)
    description = serializers.CharField(allow_blank=True)
    intent = serializers.ChoiceField(choices=TreatmentIntent.choices, allow_blank=True)
    ended_on = serializers.CharField(allow_null=True, help_text=PARTIAL)
    outcome = serializers.ChoiceField(choices=TreatmentOutcome.choices, allow_blank=True)


class WithdrawSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=500)
    version = serializers.IntegerField(required=False)


class HistoryQuerySerializer(serializers.Serializer[Any]):
    history = serializers.BooleanField(
        default=False, help_text="Also what was superseded or entered in error."
    )


class ClinicalContentSerializer(serializers.Serializer[Any]):
    """What stands, by kind, newest first."""

    is_withheld = serializers.BooleanField(help_text="Free text is withheld from this viewer.")
    truncated = serializers.ListField(
        child=serializers.CharField(), help_text="Kinds with more entries than are shown here."
    )
    referrals = ReferralEntrySerializer(many=True)
    diagnoses = DiagnosisEntrySerializer(many=True)
    stagings = StagingEntrySerializer(many=True)
    performance = PerformanceEntrySerializer(many=True)
    comorbidities = ComorbidityEntrySerializer(many=True)
    preferences = PreferenceEntrySerializer(many=True)
    allergies = AllergyEntrySerializer(many=True)
    biomarkers = BiomarkerEntrySerializer(many=True)
    treatments = TreatmentEntrySerializer(many=True)


class StageTableSerializer(serializers.ModelSerializer[StageTable]):
    rows = serializers.SerializerMethodField(help_text="How many rows it has.")

    class Meta:
        model = StageTable
        fields = ["id", "name", "edition", "sha256", "rows"]
        read_only_fields = fields

    def get_rows(self, table: StageTable) -> int:
        return len(table.rows)


class TimelineLineSerializer(serializers.Serializer[Any]):
    at = serializers.CharField(allow_null=True, help_text="A partial date, or an instant.")
    precision = serializers.ChoiceField(choices=["instant", "day", "month", "year", "unknown"])
    kind = serializers.CharField(
        help_text="referral, diagnosis, staging, …, imaging, pathology, meeting, decision, draft"
    )
    id = serializers.CharField()
    title = serializers.CharField()
    detail = serializers.CharField(allow_blank=True)
    source = serializers.CharField(  # type: ignore[assignment]
        help_text="pathology_report, dicom, board, …"
    )
    tags = serializers.ListField(child=serializers.CharField(), help_text="Modalities.")
    link = serializers.UUIDField(allow_null=True, help_text="The meeting, where it is one.")


class TimelineSerializer(serializers.Serializer[Any]):
    """Newest first; what has no date stands at the end."""

    results = TimelineLineSerializer(many=True)
    withheld = serializers.ListField(
        child=serializers.CharField(), help_text="Kinds that this viewer is not shown."
    )
    truncated = serializers.BooleanField()
