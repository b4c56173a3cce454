"""Agendas as a whole: capacity, order, several cases at once, carry-over, time boxes."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.boards import policies, services
from apps.boards.api.serializers import AgendaItemSerializer, MeetingSerializer
from apps.boards.api.views import show_agenda
from apps.boards.services.agenda_order import ORDERS
from apps.core.api.views import ConsiliumView


class AgendaCapacitySerializer(serializers.Serializer[Any]):
    """``over_minutes`` warns; nothing is refused for it."""

    available_minutes = serializers.IntegerField()
    planned_minutes = serializers.IntegerField()
    over_minutes = serializers.IntegerField()
    discussed = serializers.IntegerField(help_text="Cases with a time box.")
    listed = serializers.IntegerField(help_text="Cases listed by a standard.")
    cut_off_at = serializers.DateTimeField()
    is_past_cut_off = serializers.BooleanField()


class OrderSerializer(serializers.Serializer[Any]):
    by = serializers.ChoiceField(choices=list(ORDERS))
    items = serializers.ListField(child=serializers.UUIDField(), required=False, default=list)


class AgendaListSerializer(serializers.Serializer[Any]):
    results = AgendaItemSerializer(many=True)


class AddManySerializer(serializers.Serializer[Any]):
    cases = serializers.ListField(child=serializers.UUIDField(), allow_empty=False)
    late_reason = serializers.CharField(max_length=300, allow_blank=True, default="")


class AddedSerializer(serializers.Serializer[Any]):
    """``item`` is what to take off to undo it; ``code`` says why there is none."""

    case = serializers.UUIDField(source="case_id")
    item = serializers.UUIDField(source="item.pk", allow_null=True, default=None)
    code = serializers.CharField(allow_blank=True)
    message = serializers.CharField(allow_blank=True)


class AddedListSerializer(serializers.Serializer[Any]):
    results = AddedSerializer(many=True)


class CarryOverSerializer(serializers.Serializer[Any]):
    to = serializers.UUIDField(required=False, allow_null=True, default=None)


class CarriedOverSerializer(serializers.Serializer[Any]):
    """``left``: cases that are on that agenda already."""

    meeting = MeetingSerializer()
    carried = serializers.IntegerField()
    left = serializers.ListField(child=serializers.UUIDField())


class TimeBoxSerializer(serializers.Serializer[Any]):
    is_complex = serializers.BooleanField(required=False, allow_null=True, default=None)
    minutes = serializers.IntegerField(required=False, allow_null=True, default=None)
    version = serializers.IntegerField(required=False)


class AgendaRulesSerializer(serializers.Serializer[Any]):
    minutes_per_case = serializers.IntegerField(required=False)
    minutes_per_complex_case = serializers.IntegerField(required=False)
    cut_off_hours = serializers.IntegerField(required=False)


class BoardAgendaRulesSerializer(serializers.Serializer[Any]):
    minutes_per_case = serializers.IntegerField()
    minutes_per_complex_case = serializers.IntegerField()
    cut_off_hours = serializers.IntegerField()


class MeetingCapacityView(ConsiliumView):
    policies = {"get": policies.view_meeting}

    @extend_schema(responses=AgendaCapacitySerializer)
    def get(self, request: Request, meeting_id: UUID) -> Response:
        return Response(AgendaCapacitySerializer(services.capacity_of(meeting_id=meeting_id)).data)


class AgendaOrderView(ConsiliumView):
    """Complex first, by AI urgency, or as listed; what was discussed keeps its place."""

    policies = {"put": policies.run_meeting}

    @extend_schema(request=OrderSerializer, responses=AgendaListSerializer)
    def put(self, request: Request, meeting_id: UUID) -> Response:
        body = OrderSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        items = services.order_agenda(
            actor=self.actor,
            meeting_id=meeting_id,
            by=body.validated_data["by"],
            item_ids=body.validated_data["items"],
        )
        return Response({"results": show_agenda(actor=self.actor, items=items)})


class AgendaManyView(ConsiliumView):
    """Put several cases on the agenda."""

    policies = {"post": policies.run_meeting}

    @extend_schema(request=AddManySerializer, responses=AddedListSerializer)
    def post(self, request: Request, meeting_id: UUID) -> Response:
        body = AddManySerializer(data=request.data)
        body.is_valid(raise_exception=True)
        told = services.add_agenda_items(
            actor=self.actor,
            meeting_id=meeting_id,
            case_ids=body.validated_data["cases"],
            late_reason=body.validated_data["late_reason"],
        )
        return Response(AddedListSerializer({"results": told}).data)


class CarryOverView(ConsiliumView):
    """Take every case that was not reached to the board's next meeting."""

    policies = {"post": policies.run_meeting}

    @extend_schema(request=CarryOverSerializer, responses=CarriedOverSerializer)
    def post(self, request: Request, meeting_id: UUID) -> Response:
        body = CarryOverSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        carried = services.carry_over(
            actor=self.actor, meeting_id=meeting_id, to_meeting_id=body.validated_data["to"]
        )
        return Response(
            CarriedOverSerializer(
                {
                    "meeting": carried.meeting,
                    "carried": len(carried.items),
                    "left": carried.left,
                }
            ).data
        )


class TimeBoxView(ConsiliumView):
    """Simple or complex, or minutes of its own."""

    policies = {"put": policies.run_agenda_item}

    @extend_schema(request=TimeBoxSerializer, responses=AgendaItemSerializer)
    def put(self, request: Request, item_id: UUID) -> Response:
        body = TimeBoxSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        item = services.set_time_box(
            actor=self.actor,
            item_id=item_id,
            version=self.read_version(),
            is_complex=body.validated_data["is_complex"],
            minutes=body.validated_data["minutes"],
        )
        return Response(show_agenda(actor=self.actor, items=[item])[0])


class BoardAgendaRulesView(ConsiliumView):
    """Minutes of simple and complex cases, and the cut-off, of a board."""

    policies = {"put": policies.run_board}

    @extend_schema(request=AgendaRulesSerializer, responses=BoardAgendaRulesSerializer)
    def put(self, request: Request, board_id: UUID) -> Response:
        body = AgendaRulesSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        board = services.set_agenda_rules(
            actor=self.actor, board_id=board_id, rules=dict(body.validated_data)
        )
        return Response(BoardAgendaRulesSerializer(board).data)
