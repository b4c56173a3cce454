from rest_framework import serializers

from apps.audit.choices import dicom_event_code
from apps.audit.models import AuditEntry


class AuditQuerySerializer(serializers.Serializer[None]):
    case = serializers.UUIDField(required=False)
    patient = serializers.UUIDField(required=False)
    actor = serializers.UUIDField(required=False)
    action = serializers.RegexField(r"^[a-z._-]{1,80}$", required=False)


class AuditEntrySerializer(serializers.ModelSerializer[AuditEntry]):
    seal_position = serializers.IntegerField(source="seal.position", default=None, allow_null=True)
    dicom_event = serializers.SerializerMethodField()

    class Meta:
        model = AuditEntry
        fields = [
            "id",
            "at",
            "actor_kind",
            "actor_id",
            "actor_label",
            "action",
            "outcome",
            "case_id",
            "patient_id",
            "entity",
            "entity_id",
            "request_id",
            "details",
            "seal_position",
            "dicom_event",
        ]
        read_only_fields = fields

    def get_dicom_event(self, entry: AuditEntry) -> str:
        return dicom_event_code(entry.action)
