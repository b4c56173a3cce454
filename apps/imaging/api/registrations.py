"""Registrations of a case over REST: what is linked, by which object, and what is refused."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.audit.services import record_entry
from apps.core.api.schema import page_of
from apps.core.api.views import ConsiliumView
from apps.imaging import policies
from apps.imaging.registrations.header import REFUSALS
from apps.imaging.registrations.selectors import RegistrationInCase, list_case_registrations

STATES = ("applied", "superseded", "refused")


class RegistrationLinkSerializer(serializers.Serializer[Any]):
    """Points of the source frame of reference into the target's, in LPS millimetres."""

    source_frame_of_reference_uid = serializers.CharField()
    target_frame_of_reference_uid = serializers.CharField()
    matrix = serializers.ListField(
        child=serializers.FloatField(), allow_null=True, help_text="4 x 4, row by row; applied."
    )
    state = serializers.ChoiceField(choices=STATES)
    contradicted = serializers.BooleanField(
        help_text="An older registration of the same two says otherwise."
    )
    refusal = serializers.ChoiceField(choices=["", *REFUSALS], allow_blank=True)
    reason = serializers.CharField()


class RegistrationSerializer(serializers.Serializer[Any]):
    """One REG object of the case."""

    id = serializers.UUIDField()
    sop_instance_uid = serializers.CharField()
    study_instance_uid = serializers.CharField()
    series_instance_uid = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    description = serializers.CharField()
    manufacturer = serializers.CharField()
    date = serializers.CharField(help_text="DICOM date of the object, or empty.")
    links = RegistrationLinkSerializer(many=True)


class CaseRegistrationsView(ConsiliumView):
    policies = {"get": policies.view_registrations}
    open_to_places = frozenset({"get"})

    @extend_schema(
        responses=page_of(RegistrationSerializer), operation_id="case_registrations_list"
    )
    def get(self, request: Request, case_id: UUID) -> Response:
        found = list_case_registrations(actor=self.actor, case_id=case_id)
        if found:
            record_entry(
                actor=self.actor,
                action="registrations.viewed",
                case_id=case_id,
                details={"count": len(found)},
            )
        shown = RegistrationSerializer([_show(one) for one in found], many=True).data
        return Response({"next": None, "previous": None, "results": shown})


def _show(one: RegistrationInCase) -> dict[str, Any]:
    header = one.header
    return {
        "id": one.row.pk,
        "sop_instance_uid": one.row.sop_instance_uid,
        "study_instance_uid": one.row.series.study.study_instance_uid,
        "series_instance_uid": one.row.series.series_instance_uid,
        "label": header.label,
        "description": header.description,
        "manufacturer": header.manufacturer,
        "date": header.content_date,
        "links": [_show_link(one, place) for place in range(len(header.links))],
    }


def _show_link(one: RegistrationInCase, place: int) -> dict[str, Any]:
    link = one.header.links[place]
    is_applied = link.matrix is not None and place not in one.superseded
    return {
        "source_frame_of_reference_uid": link.source_frame_of_reference_uid,
        "target_frame_of_reference_uid": link.target_frame_of_reference_uid,
        "matrix": link.matrix if is_applied else None,
        "state": "applied" if is_applied else "superseded" if link.matrix else "refused",
        "contradicted": place in one.unsure,
        "refusal": link.refusal,
        "reason": link.reason,
    }
