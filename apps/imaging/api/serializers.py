"""What is sent to imaging over REST, and how what is there is shown."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.imaging.choices import (
    AuthKind,
    ImagesState,
    StudyState,
    TokenScope,
)
from apps.imaging.completeness import describe_source
from apps.imaging.models import AccessToken, PacsConnection
from apps.imaging.pacs.tls import describe
from apps.imaging.selectors import SeriesInCase, StudyInCase
from apps.imaging.services import MintedTicket
from apps.imaging.withholding import Disclosure, is_clearable


class PacsWriteSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=120)
    base_url = serializers.CharField(max_length=500)
    auth_kind = serializers.ChoiceField(choices=AuthKind.choices, required=False)
    username = serializers.CharField(max_length=200, required=False, allow_blank=True)
    secret = serializers.CharField(
        max_length=2000, required=False, allow_blank=True, write_only=True
    )
    ca_certificates = serializers.CharField(max_length=262144, required=False, allow_blank=True)
    client_certificate = serializers.CharField(max_length=65536, required=False, allow_blank=True)
    client_key = serializers.CharField(
        max_length=65536, required=False, allow_blank=True, write_only=True
    )
    allowed_networks = serializers.ListField(
        child=serializers.CharField(max_length=50), required=False, max_length=50
    )
    default_issuer = serializers.CharField(max_length=64, required=False, allow_blank=True)
    is_active = serializers.BooleanField(required=False)
    priority = serializers.IntegerField(min_value=0, max_value=1000, required=False)


class CertificateSerializer(serializers.Serializer[Any]):
    """One certificate of a connection: an authority's or our own."""

    subject = serializers.CharField()
    not_after = serializers.DateTimeField()
    is_expired = serializers.BooleanField()


class PacsSerializer(serializers.ModelSerializer[PacsConnection]):
    """Never the secret: only whether there is one."""

    has_secret = serializers.SerializerMethodField()
    has_client_key = serializers.SerializerMethodField()
    certificates = serializers.SerializerMethodField()

    class Meta:
        model = PacsConnection
        fields = (
            "id",
            "name",
            "base_url",
            "auth_kind",
            "username",
            "has_secret",
            "ca_certificates",
            "client_certificate",
            "has_client_key",
            "certificates",
            "allowed_networks",
            "default_issuer",
            "is_active",
            "priority",
            "managed_by_settings",
            "last_checked_at",
            "last_latency_ms",
            "last_error",
            "last_error_at",
            "unreachable_since",
        )

    def get_has_secret(self, connection: PacsConnection) -> bool:
        return bool(connection.secret_encrypted)

    def get_has_client_key(self, connection: PacsConnection) -> bool:
        return bool(connection.client_key_encrypted)

    @extend_schema_field(CertificateSerializer(many=True))
    def get_certificates(self, connection: PacsConnection) -> list[dict[str, Any]]:
        return describe(connection.ca_certificates) + describe(connection.client_certificate)


class PacsNameSerializer(serializers.ModelSerializer[PacsConnection]):
    """What a coordinator needs to choose one."""

    class Meta:
        model = PacsConnection
        fields = ("id", "name", "is_active", "priority")


class PacsTestSerializer(serializers.Serializer[Any]):
    ok = serializers.BooleanField()
    latency_ms = serializers.FloatField(allow_null=True)
    error = serializers.DictField(allow_null=True)


class LinkStudySerializer(serializers.Serializer[Any]):
    pacs = serializers.UUIDField()
    study_instance_uid = serializers.CharField(max_length=64)
    mismatch_reason = serializers.CharField(required=False, allow_blank=True, max_length=2000)


class WarningSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    message = serializers.CharField()


class StackFacetSerializer(serializers.Serializer[Any]):
    """One thing that sets a stack apart from the others."""

    axis = serializers.CharField()
    value = serializers.JSONField(
        allow_null=True, help_text="A number or a word; null where the file gives none."
    )
    number = serializers.IntegerField()


class StackSerializer(serializers.Serializer[Any]):
    """Frames of a series that belong together: one orientation, one time point, one b-value."""

    number = serializers.IntegerField()
    label = serializers.CharField()  # type: ignore[assignment]
    facets = StackFacetSerializer(many=True)
    frame_count = serializers.IntegerField()
    is_volume = serializers.BooleanField()
    refusal = serializers.CharField(help_text="Why it is no regular volume; empty where it is.")
    warnings = WarningSerializer(many=True)


class ClearanceSerializer(serializers.Serializer[Any]):
    """Who cleared a series' pictures for de-identified viewers, and in which words."""

    id = serializers.UUIDField()
    cleared_by = serializers.CharField()
    cleared_at = serializers.DateTimeField()
    statement = serializers.CharField()


class ClearanceWriteSerializer(serializers.Serializer[Any]):
    archive_key = serializers.CharField(max_length=64, help_text="What was looked at.")
    statement = serializers.CharField(max_length=1000)


class SeriesOriginSerializer(serializers.Serializer[Any]):
    """A PACS that objects of a series were fetched from."""

    name = serializers.CharField()
    objects = serializers.IntegerField()


LATERALITIES = frozenset({"R", "L", "B", "U"})
"""PS3.3 C.7.3.1.1.1; anything else is the file's own text, and said by nobody."""


class SeriesSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    series_instance_uid = serializers.CharField()
    number = serializers.IntegerField(allow_null=True)
    modality = serializers.CharField()
    description = serializers.CharField()
    body_part = serializers.CharField()
    laterality = serializers.CharField(help_text="R, L, B, U, or nothing where it is not said.")
    instance_count = serializers.IntegerField()
    frame_count = serializers.IntegerField()
    frame_of_reference_uid = serializers.CharField()
    archive_key = serializers.CharField()
    base_url = serializers.CharField()
    thumbnail_url = serializers.CharField(allow_null=True)
    kind = serializers.CharField()
    is_volume = serializers.BooleanField()
    stack_count = serializers.IntegerField()
    stacks = StackSerializer(many=True, help_text="The first of them, where there are several.")
    is_evicted = serializers.BooleanField(help_text="In the PACS; fetched when opened.")
    disclosure = serializers.ChoiceField(
        choices=[one.value for one in Disclosure],
        help_text="To de-identified viewers: open by its headers, cleared by a person, withheld.",
    )
    is_clearable = serializers.BooleanField(help_text="A person may clear its pictures.")
    fetched_from = SeriesOriginSerializer(
        many=True, help_text="Empty for de-identified viewers, and for what was not fetched."
    )
    warnings = WarningSerializer(many=True)


class ProgressSerializer(serializers.Serializer[Any]):
    done = serializers.IntegerField()
    total = serializers.IntegerField()


class StudySourceSerializer(serializers.Serializer[Any]):
    """The study against its PACS; ``progress`` has the counts."""

    state = serializers.ChoiceField(choices=ImagesState.choices)
    unreachable_since = serializers.DateTimeField(allow_null=True)
    checked_at = serializers.DateTimeField(allow_null=True)


class StudyPatientSerializer(serializers.Serializer[Any]):
    patient_id = serializers.CharField()
    name = serializers.CharField()
    birth_date = serializers.CharField(allow_null=True)
    sex = serializers.CharField()


class StudySerializer(serializers.Serializer[Any]):
    """One study of a case, in the reader's guise."""

    id = serializers.UUIDField()
    study_instance_uid = serializers.CharField()
    study_date = serializers.CharField(allow_null=True)
    study_time = serializers.CharField()
    description = serializers.CharField()
    modalities = serializers.ListField(child=serializers.CharField())
    accession_number = serializers.CharField()
    state = serializers.ChoiceField(choices=StudyState.choices)
    progress = ProgressSerializer()
    error = WarningSerializer(allow_null=True)
    retry_at = serializers.DateTimeField(
        allow_null=True, help_text="Its PACS was away: fetched again by itself at this time."
    )
    synthetic = serializers.BooleanField()
    source = serializers.CharField()  # type: ignore[assignment]  # DRF's own attribute name
    pacs_name = serializers.CharField(
        allow_null=True, help_text="It is linked through this one; null for de-identified viewers."
    )
    at_source = StudySourceSerializer()
    warnings = WarningSerializer(many=True)
    mismatch_confirmed = serializers.BooleanField()
    patient = StudyPatientSerializer()
    series = SeriesSerializer(many=True)


class StudiesSerializer(serializers.Serializer[Any]):
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = StudySerializer(many=True)
    ai_hidden = serializers.BooleanField()


def show_study(study: StudyInCase, *, case_id: UUID) -> dict[str, Any]:
    row = study.row
    return {
        "id": str(row.pk),
        "study_instance_uid": study.study_instance_uid,
        "study_date": study.study_date,
        "study_time": study.study_time,
        "description": study.description,
        "modalities": list(study.modalities),
        "accession_number": study.accession_number,
        "state": row.state,
        "progress": {"done": row.done_instances, "total": row.total_instances},
        "error": study.error,
        "retry_at": row.retry_at,
        "synthetic": row.synthetic,
        "source": row.source,
        "pacs_name": study.pacs_name,
        "at_source": describe_source(row),
        "warnings": list(study.warnings),
        "mismatch_confirmed": bool(study.link.mismatch_reason),
        "patient": study.patient,
        "series": [
            _show_series(one, case_id=case_id, study_uid=study.study_instance_uid)
            for one in study.series
        ],
    }


def _show_series(series: SeriesInCase, *, case_id: UUID, study_uid: str) -> dict[str, Any]:
    row = series.row
    url = f"/api/cases/{case_id}/studies/{study_uid}/series/{series.series_instance_uid}/thumbnail"
    return {
        "id": str(row.pk),
        "series_instance_uid": series.series_instance_uid,
        "number": row.number,
        "modality": series.modality,
        "description": series.description,
        "body_part": series.body_part,
        "laterality": row.laterality if row.laterality in LATERALITIES else "",
        "instance_count": row.instance_count,
        "frame_count": row.frame_count,
        "frame_of_reference_uid": series.frame_of_reference_uid,
        "archive_key": row.archive_key if series.is_shown else "",
        "base_url": series.base_url,
        "thumbnail_url": url if row.frame_count and series.is_shown else None,
        "kind": row.kind,
        "is_volume": bool(row.geometry.get("is_volume")),
        "stack_count": row.geometry.get("stack_count", 1),
        "stacks": [_show_stack(one) for one in series.stacks],
        "is_evicted": row.evicted_at is not None,
        "disclosure": series.disclosure,
        "is_clearable": is_clearable(row),
        "fetched_from": [
            {"name": one.pacs.name, "objects": one.objects_fetched} for one in series.fetched_from
        ],
        "warnings": list(series.warnings),
    }


def _show_stack(stack: dict[str, Any]) -> dict[str, Any]:
    names = ("number", "label", "facets", "frame_count", "is_volume", "refusal", "warnings")
    return {name: stack[name] for name in names}


class TicketSeriesSerializer(serializers.Serializer[Any]):
    series_instance_uid = serializers.CharField()
    modality = serializers.CharField()
    description = serializers.CharField()
    frame_count = serializers.IntegerField()
    base_url = serializers.CharField()


class TicketSerializer(serializers.Serializer[MintedTicket]):
    """The study ticket; send it in the header named ``header``."""

    ticket = serializers.CharField()
    header = serializers.CharField()
    expires_at = serializers.DateTimeField()
    series = TicketSeriesSerializer(many=True)


class AccessTokenSerializer(serializers.Serializer[AccessToken]):
    """A machine client's token, without its secret."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    key = serializers.CharField(help_text="The part that is not secret, to recognise it by.")
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=TokenScope.choices))
    cases = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    revoked_at = serializers.DateTimeField(allow_null=True)
    last_used_at = serializers.DateTimeField(allow_null=True)

    @extend_schema_field(serializers.ListField(child=serializers.UUIDField()))
    def get_cases(self, token: AccessToken) -> list[str]:
        return sorted({str(grant.case_id) for grant in token.grants.all()})


class MintedTokenSerializer(AccessTokenSerializer):
    """The only answer that ever holds the token itself."""

    token = serializers.CharField()


class AccessTokenWriteSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=100)
    cases = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=50)
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=TokenScope.choices), min_length=1, max_length=3
    )
    expires_at = serializers.DateTimeField(help_text="At most 90 days from now.")
