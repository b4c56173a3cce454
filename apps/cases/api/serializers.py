from typing import Any

from rest_framework import serializers

from apps.accounts.api.serializers import PersonSerializer
from apps.cases.choices import WAITING, Capacity, CaseStatus, Guise, Sex, TumourType, Urgency
from apps.cases.models import Case, CaseGrant
from apps.cases.projection import project_case_text, project_glance, project_patient


class PatientSerializer(serializers.Serializer[Any]):
    """A patient as the viewer's guise shows them."""

    id = serializers.UUIDField(allow_null=True, read_only=True)
    patient_id = serializers.CharField(max_length=64)
    issuer = serializers.CharField(max_length=64, allow_blank=True, default="")
    name = serializers.CharField(max_length=324)
    birth_date = serializers.DateField(allow_null=True, required=False, default=None)
    birth_year = serializers.IntegerField(allow_null=True, read_only=True)
    sex = serializers.ChoiceField(choices=Sex.choices, default="")


class DiagnosisSerializer(serializers.Serializer[Any]):
    system = serializers.CharField(max_length=100, allow_blank=True, default="")
    code = serializers.CharField(max_length=40, allow_blank=True, default="")
    display = serializers.CharField(max_length=300, allow_blank=True, default="")
    text = serializers.CharField(max_length=5000, allow_blank=True, default="")


class ImageCountSerializer(serializers.Serializer[Any]):
    """Studies and objects that can be shown, of those linked or listed by the PACS."""

    ready = serializers.IntegerField()
    total = serializers.IntegerField()
    objects_ready = serializers.IntegerField()
    objects_total = serializers.IntegerField()
    state = serializers.ChoiceField(
        choices=["none", "complete", "incomplete", "unreachable", "unknown"]
    )
    unreachable_since = serializers.DateTimeField(allow_null=True)
    checked_at = serializers.DateTimeField(allow_null=True)


NO_IMAGES = {
    "ready": 0,
    "total": 0,
    "objects_ready": 0,
    "objects_total": 0,
    "state": "none",
    "unreachable_since": None,
    "checked_at": None,
}


class NextMeetingSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    starts_at = serializers.DateTimeField()
    board = serializers.CharField()


class AiUrgencyModelSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    version = serializers.CharField()


class AiUrgencySerializer(serializers.Serializer[Any]):
    """The most urgent study by what AI found: it orders, people decide."""

    score = serializers.IntegerField(help_text="0 to 100, within the band of its level.")
    level = serializers.ChoiceField(choices=["urgent", "critical"])
    tier = serializers.ChoiceField(choices=["interrupt", "reorder", "passive"])
    is_demoted = serializers.BooleanField(help_text="Passive because it went beyond its budget.")
    reason = serializers.CharField()
    model = AiUrgencyModelSerializer()
    finding = serializers.UUIDField()
    is_accepted = serializers.BooleanField(help_text="Otherwise nobody has reviewed it.")
    since = serializers.DateTimeField()


class OpenItemSerializer(serializers.Serializer[Any]):
    """An item that is not there: what, how it stands, and by when it is expected."""

    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # DRF's own name
    state = serializers.ChoiceField(choices=["missing", "expected", "too_old"])
    expected_by = serializers.DateField(allow_null=True)
    is_open = serializers.BooleanField(help_text="It keeps the case from being ready.")


class ReadinessSummarySerializer(serializers.Serializer[Any]):
    """Of the items that are not optional; without a word about the patient."""

    is_ready = serializers.BooleanField()
    met = serializers.IntegerField()
    total = serializers.IntegerField()
    not_there = OpenItemSerializer(many=True)
    is_overridden = serializers.BooleanField()
    proposed_standard = serializers.CharField(allow_blank=True)


class CaseListItemSerializer(serializers.Serializer[Case]):
    """One row of the worklist; ``context`` carries standings and summaries per case."""

    id = serializers.UUIDField()
    version = serializers.IntegerField()
    title = serializers.CharField()
    clinical_question = serializers.CharField()
    tumour_type = serializers.ChoiceField(choices=TumourType.choices)
    status = serializers.ChoiceField(choices=CaseStatus.choices)
    urgency = serializers.ChoiceField(choices=Urgency.choices)
    urgency_reason = serializers.CharField(allow_blank=True)
    needed_by = serializers.DateTimeField(allow_null=True)
    guise = serializers.ChoiceField(choices=Guise.choices)
    capacity = serializers.ChoiceField(choices=Capacity.choices)
    patient = PatientSerializer()
    images = ImageCountSerializer()
    next_meeting = NextMeetingSerializer(allow_null=True)
    findings_unreviewed = serializers.IntegerField(allow_null=True, help_text="null: hidden")
    ai_hidden = serializers.BooleanField(help_text="The images are to be read first.")
    ai_urgency = AiUrgencySerializer(
        allow_null=True, help_text="null: nothing flagged, or not for this viewer now."
    )
    readiness = ReadinessSummarySerializer(
        allow_null=True, help_text="null: not computed yet, or not for this viewer"
    )
    waiting_since = serializers.DateTimeField(
        allow_null=True, help_text="When it came, while the board is still to discuss it."
    )
    updated_at = serializers.DateTimeField()

    def to_representation(self, case: Case) -> dict[str, Any]:
        standing = self.context["standings"][case.pk]
        text = project_case_text(case=case, standing=standing)
        summary = self.context["summaries"].get(case.pk, {})
        return {
            "id": str(case.pk),
            "version": case.version,
            "title": text["title"],
            "clinical_question": text["clinical_question"],
            "tumour_type": case.tumour_type,
            "status": case.status,
            "urgency": case.urgency,
            "urgency_reason": text["urgency_reason"],
            "needed_by": case.needed_by.isoformat() if case.needed_by else None,
            "guise": standing.guise,
            "capacity": standing.capacity,
            "patient": project_patient(patient=case.patient, standing=standing),
            "images": summary.get("images", NO_IMAGES),
            "next_meeting": summary.get("next_meeting"),
            "findings_unreviewed": summary.get("findings_unreviewed", 0),
            "ai_hidden": summary.get("ai_hidden", False),
            "ai_urgency": summary.get("ai_urgency"),
            "readiness": None if standing.is_deidentified else summary.get("readiness"),
            "waiting_since": case.created_at.isoformat() if case.status in WAITING else None,
            "updated_at": case.updated_at.isoformat(),
        }


class CaseDetailSerializer(CaseListItemSerializer):
    history = serializers.CharField(allow_blank=True)
    diagnosis = DiagnosisSerializer()
    stage = serializers.CharField(allow_blank=True)
    ecog = serializers.IntegerField(allow_null=True)
    members_count = serializers.IntegerField()
    expires_at = serializers.DateTimeField(allow_null=True)
    can = serializers.ListField(child=serializers.CharField())

    def to_representation(self, case: Case) -> dict[str, Any]:
        standing = self.context["standings"][case.pk]
        shown = super().to_representation(case)
        shown.update(
            history=project_case_text(case=case, standing=standing)["history"],
            **project_glance(case=case, standing=standing),
            ecog=case.ecog,
            members_count=self.context["members_count"],
            expires_at=standing.expires_at.isoformat() if standing.expires_at else None,
            can=self.context["can"],
        )
        return shown


class CaseWriteSerializer(serializers.Serializer[Any]):
    patient = serializers.UUIDField(required=False)
    title = serializers.CharField(max_length=200, required=False)
    clinical_question = serializers.CharField(max_length=5000, allow_blank=True, required=False)
    history = serializers.CharField(max_length=20000, allow_blank=True, required=False)
    tumour_type = serializers.ChoiceField(choices=TumourType.choices, required=False)
    diagnosis = DiagnosisSerializer(required=False)
    stage = serializers.CharField(max_length=200, allow_blank=True, required=False)
    ecog = serializers.IntegerField(min_value=0, max_value=5, allow_null=True, required=False)
    urgency = serializers.ChoiceField(choices=Urgency.choices, required=False)
    urgency_reason = serializers.CharField(max_length=300, allow_blank=True, required=False)
    needed_by = serializers.DateTimeField(allow_null=True, required=False)
    version = serializers.IntegerField(required=False)

    def to_fields(self) -> dict[str, Any]:
        """The service's field names; nested diagnosis becomes its columns."""
        fields = dict(self.validated_data)
        fields.pop("version", None)
        diagnosis = fields.pop("diagnosis", None)
        if diagnosis is not None:
            fields.update({f"diagnosis_{name}": value for name, value in diagnosis.items()})
        return fields


class CaseQuerySerializer(serializers.Serializer[Any]):
    search = serializers.CharField(max_length=100, required=False)
    status = serializers.ChoiceField(choices=CaseStatus.choices, required=False)
    tumour_type = serializers.ChoiceField(choices=TumourType.choices, required=False)


class GrantSerializer(serializers.ModelSerializer[CaseGrant]):
    user = PersonSerializer(read_only=True)

    class Meta:
        model = CaseGrant
        fields = ["id", "user", "guise", "capacity", "source", "expires_at", "created_at"]
        read_only_fields = fields


class GrantWriteSerializer(serializers.Serializer[Any]):
    user = serializers.UUIDField()
    capacity = serializers.ChoiceField(choices=Capacity.choices, default=Capacity.MEMBER)
    guise = serializers.ChoiceField(choices=Guise.choices, required=False)
    expires_at = serializers.DateTimeField(allow_null=True, required=False, default=None)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        consultant = attrs["capacity"] == Capacity.CONSULTANT
        attrs.setdefault("guise", Guise.DEIDENTIFIED if consultant else Guise.IDENTIFIED)
        return attrs
