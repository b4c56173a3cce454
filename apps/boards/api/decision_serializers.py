from typing import Any

from rest_framework import serializers

from apps.accounts.api.serializers import PersonSerializer
from apps.boards import decision_text
from apps.boards.api.serializers import MeetingSerializer
from apps.boards.choices import (
    Consensus,
    Intent,
    Modality,
    Stance,
    ToldBy,
    TrialConsidered,
    ViewConsidered,
)
from apps.boards.models import Decision, DecisionNote, Position, Recommendation
from apps.boards.plain_text import check_link
from apps.boards.services.decisions.words import MOST_OF_A_KIND, MOST_RECOMMENDATIONS
from apps.cases.choices import Urgency
from apps.core.exceptions import InvalidInput

LONGEST_TEXT = 5000


class EvidenceSerializer(serializers.Serializer[Any]):
    """A guideline or paper, and its level of evidence in its own words."""

    title = serializers.CharField(max_length=300)
    version = serializers.CharField(max_length=60, allow_blank=True, default="")
    url = serializers.CharField(max_length=500, allow_blank=True, default="")
    grade = serializers.CharField(max_length=60, allow_blank=True, default="")

    def validate_url(self, url: str) -> str:
        try:
            return check_link(url)
        except InvalidInput as error:
            raise serializers.ValidationError(error.message, code=error.error_code) from None


class AlternativeSerializer(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=LONGEST_TEXT)
    why_not = serializers.CharField(max_length=LONGEST_TEXT, allow_blank=True, default="")


class RecommendationSerializer(serializers.ModelSerializer[Recommendation]):
    responsible = PersonSerializer(read_only=True)
    fallbacks = serializers.ListField(child=serializers.CharField(), read_only=True)
    evidence = EvidenceSerializer(many=True, read_only=True)

    class Meta:
        model = Recommendation
        fields = [
            "id",
            "position",
            "text",
            "intent",
            "modality",
            "urgency",
            "responsible",
            "responsible_name",
            "due",
            "condition",
            "fallbacks",
            "evidence",
        ]
        read_only_fields = fields


class PositionSerializer(serializers.ModelSerializer[Position]):
    user = PersonSerializer(read_only=True)
    recorded_by = PersonSerializer(read_only=True)

    class Meta:
        model = Position
        fields = ["id", "user", "stance", "statement", "text_version", "recorded_by"]
        read_only_fields = fields


class DecisionNoteSerializer(serializers.ModelSerializer[DecisionNote]):
    """What came after the signature: an addendum, a correction, a quorum, the patient told."""

    author = PersonSerializer(read_only=True)
    recorded_by = PersonSerializer(read_only=True)

    class Meta:
        model = DecisionNote
        fields = [
            "id",
            "kind",
            "text",
            "reason",
            "author",
            "author_name",
            "how",
            "meeting",
            "happened_at",
            "recorded_by",
            "created_at",
        ]
        read_only_fields = fields


class PreviousDecisionSerializer(serializers.ModelSerializer[Decision]):
    class Meta:
        model = Decision
        fields = ["id", "signed_at"]
        read_only_fields = fields


class DecisionSerializer(serializers.ModelSerializer[Decision]):
    recommendations = RecommendationSerializer(many=True, read_only=True)
    positions = PositionSerializer(many=True, read_only=True)
    alternatives = AlternativeSerializer(many=True, read_only=True)
    notes = DecisionNoteSerializer(many=True, read_only=True)
    signed_by = PersonSerializer(read_only=True)
    drafted_by = PersonSerializer(read_only=True)
    meeting = MeetingSerializer(read_only=True)
    previous = PreviousDecisionSerializer(read_only=True)
    quorum_missing = serializers.ListField(child=serializers.CharField(), read_only=True)
    is_provisional = serializers.BooleanField(
        read_only=True, help_text="Decided without quorum and not confirmed since."
    )
    digest = serializers.SerializerMethodField(
        help_text="SHA-256 of the text; a signer sends that of the text they read."
    )

    class Meta:
        model = Decision
        fields = [
            "id",
            "version",
            "case",
            "meeting",
            "status",
            "consensus",
            "summary",
            "conditions",
            "recommendations",
            "alternatives",
            "trial_considered",
            "trial_id",
            "patient_view",
            "patient_view_text",
            "positions",
            "view",
            "text_version",
            "votes_called_at",
            "quorum",
            "quorum_missing",
            "is_provisional",
            "previous",
            "notes",
            "digest",
            "drafted_by",
            "signed_by",
            "signed_at",
            "created_at",
            "updated_at",
        ]
        read_only_fields = fields

    def get_digest(self, decision: Decision) -> str:
        known = decision.signed_digest
        return known or decision_text.digest_of(decision_text.signed_part(decision))


class RecommendationWriteSerializer(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=LONGEST_TEXT)
    intent = serializers.ChoiceField(
        choices=Intent.choices, required=False, allow_blank=True, default=""
    )
    modality = serializers.ChoiceField(
        choices=Modality.choices, required=False, allow_blank=True, default=""
    )
    urgency = serializers.ChoiceField(
        choices=Urgency.choices, required=False, allow_blank=True, default=""
    )
    responsible = serializers.UUIDField(required=False, allow_null=True, default=None)
    responsible_name = serializers.CharField(max_length=200, allow_blank=True, default="")
    due = serializers.DateField(required=False, allow_null=True, default=None)
    condition = serializers.CharField(max_length=2000, allow_blank=True, default="")
    fallbacks = serializers.ListField(
        child=serializers.CharField(max_length=2000, allow_blank=True),
        max_length=MOST_OF_A_KIND,
        default=list,
    )
    evidence = EvidenceSerializer(many=True, required=False, default=list)


class PositionWriteSerializer(serializers.Serializer[Any]):
    user = serializers.UUIDField()
    stance = serializers.ChoiceField(choices=Stance.choices)
    statement = serializers.CharField(max_length=LONGEST_TEXT, allow_blank=True, default="")


class OwnPositionSerializer(serializers.Serializer[Any]):
    stance = serializers.ChoiceField(choices=Stance.choices)
    statement = serializers.CharField(max_length=LONGEST_TEXT, allow_blank=True, default="")
    text_version = serializers.IntegerField(required=False, allow_null=True, default=None)


class DecisionWriteSerializer(serializers.Serializer[Any]):
    """A draft. What is left out of the last seven fields stays as it is."""

    case = serializers.UUIDField(required=False)
    meeting = serializers.UUIDField(required=False, allow_null=True, default=None)
    recommendations = serializers.ListField(
        child=RecommendationWriteSerializer(), max_length=MOST_RECOMMENDATIONS
    )
    positions = PositionWriteSerializer(many=True, required=False, default=list)
    consensus = serializers.ChoiceField(choices=Consensus.choices, default=Consensus.CONSENSUS)
    view = serializers.JSONField(required=False, allow_null=True, default=None)
    version = serializers.IntegerField(required=False)
    summary = serializers.CharField(max_length=LONGEST_TEXT, allow_blank=True, required=False)
    conditions = serializers.CharField(max_length=LONGEST_TEXT, allow_blank=True, required=False)
    alternatives = serializers.ListField(
        child=AlternativeSerializer(), max_length=MOST_OF_A_KIND, required=False
    )
    trial_considered = serializers.ChoiceField(
        choices=TrialConsidered.choices, allow_blank=True, required=False
    )
    trial_id = serializers.CharField(max_length=100, allow_blank=True, required=False)
    patient_view = serializers.ChoiceField(
        choices=ViewConsidered.choices, allow_blank=True, required=False
    )
    patient_view_text = serializers.CharField(
        max_length=LONGEST_TEXT, allow_blank=True, required=False
    )


class SignSerializer(serializers.Serializer[Any]):
    """The text that was read: its digest, and the version in ``If-Match`` or here."""

    version = serializers.IntegerField(required=False)
    digest = serializers.RegexField(r"^[0-9a-f]{64}$")


class ToSignSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    version = serializers.IntegerField(min_value=1)
    digest = serializers.RegexField(r"^[0-9a-f]{64}$")


class SignManySerializer(serializers.Serializer[Any]):
    decisions = serializers.ListField(child=ToSignSerializer(), min_length=1, max_length=100)


class RefusedSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="decision_id")
    code = serializers.CharField()
    detail = serializers.CharField()


class SignedManySerializer(serializers.Serializer[Any]):
    """Each was signed, or refused, for itself."""

    signed = serializers.ListField(child=serializers.UUIDField())
    refused = RefusedSerializer(many=True)


class DecisionTextSerializer(serializers.Serializer[Any]):
    """``body`` is what a signature is on; ``text`` all of it, for the hospital record."""

    id = serializers.UUIDField()
    version = serializers.IntegerField()
    status = serializers.CharField()
    digest = serializers.CharField()
    body = serializers.CharField()
    text = serializers.CharField()
    quorum = serializers.CharField(help_text="As it is, or would be with a signature now.")
    quorum_missing = serializers.ListField(child=serializers.CharField())


class AddendumSerializer(serializers.Serializer[Any]):
    """``id`` is the client's: sent again it is the same addendum."""

    id = serializers.UUIDField(required=False, allow_null=True, default=None)
    text = serializers.CharField(max_length=LONGEST_TEXT)
    reason = serializers.CharField(max_length=500)
    is_correction = serializers.BooleanField(default=False)
    author = serializers.UUIDField(required=False, allow_null=True, default=None)


class ToldSerializer(serializers.Serializer[Any]):
    """Who told the patient: ``told_by`` of the house or ``told_by_name``."""

    id = serializers.UUIDField(required=False, allow_null=True, default=None)
    told_at = serializers.DateTimeField()
    told_by = serializers.UUIDField(required=False, allow_null=True, default=None)
    told_by_name = serializers.CharField(max_length=200, allow_blank=True, default="")
    how = serializers.ChoiceField(choices=ToldBy.choices, allow_blank=True, default="")
    text = serializers.CharField(max_length=LONGEST_TEXT, allow_blank=True, default="")


class ConfirmSerializer(serializers.Serializer[Any]):
    meeting = serializers.UUIDField()
    text = serializers.CharField(max_length=LONGEST_TEXT, allow_blank=True, default="")


class WaitingPatientSerializer(serializers.Serializer[Any]):
    patient_id = serializers.CharField()
    name = serializers.CharField()
    birth_date = serializers.CharField(allow_null=True)
    sex = serializers.CharField()


class WaitingDecisionSerializer(serializers.Serializer[Any]):
    """One draft that waits; ``blocked_by`` is the code a signature would be refused with."""

    id = serializers.UUIDField()
    version = serializers.IntegerField()
    case = serializers.UUIDField()
    title = serializers.CharField()
    patient = WaitingPatientSerializer()
    meeting = MeetingSerializer(allow_null=True)
    drafted_by = PersonSerializer(allow_null=True)
    recommendations = serializers.IntegerField()
    dissents = serializers.IntegerField()
    blocked_by = serializers.CharField(allow_blank=True)
    updated_at = serializers.DateTimeField()


class SigningSerializer(serializers.Serializer[Any]):
    """How many wait for this person, and until when a signature needs no new proof."""

    waiting = serializers.IntegerField()
    proven_until = serializers.DateTimeField(allow_null=True)
    ways = serializers.ListField(child=serializers.ChoiceField(choices=["password", "code"]))


class SinceSerializer(serializers.ModelSerializer[Decision]):
    meeting = MeetingSerializer(read_only=True)

    class Meta:
        model = Decision
        fields = ["id", "signed_at", "meeting"]
        read_only_fields = fields


class NewStudySerializer(serializers.Serializer[Any]):
    study_instance_uid = serializers.CharField(source="study.study_instance_uid")
    description = serializers.CharField(source="study.description", allow_blank=True)
    modalities = serializers.ListField(child=serializers.CharField(), source="study.modalities")
    study_date = serializers.DateField(source="study.study_date", allow_null=True)
    linked_at = serializers.DateTimeField(source="created_at")


class NewReviewSerializer(serializers.Serializer[Any]):
    finding = serializers.UUIDField(source="finding_id")
    label = serializers.CharField(source="finding.label")  # type: ignore[assignment]
    decision = serializers.CharField()
    reviewer = serializers.CharField(source="reviewer.display_name")
    at = serializers.DateTimeField(source="created_at")


class ChangedFactSerializer(serializers.Serializer[Any]):
    field = serializers.CharField()
    before = serializers.CharField(allow_blank=True)
    now = serializers.CharField(allow_blank=True)


class ChangesSerializer(serializers.Serializer[Any]):
    """What is new in a case since its board last decided."""

    since = SinceSerializer(allow_null=True)
    studies = NewStudySerializer(many=True)
    findings = NewReviewSerializer(many=True)
    ai_hidden = serializers.BooleanField(help_text="Findings are not told: images are read first.")
    facts = ChangedFactSerializer(many=True)
    facts_known = serializers.BooleanField(help_text="False: signed before facts were kept.")
    notes = DecisionNoteSerializer(many=True)
