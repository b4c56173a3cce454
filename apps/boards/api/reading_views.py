"""How a board reads (with or without AI first), and the clock of the case it discusses."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.boards import policies, selectors, services
from apps.boards.api.serializers import (
    AgendaItemSerializer,
    AiReadingSerializer,
    BoardSerializer,
    ClockSerializer,
)
from apps.boards.api.views import show_agenda
from apps.core.api.views import ConsiliumView


class BoardAiReadingView(ConsiliumView):
    """Whether AI results are hidden until the images have been read."""

    policies = {"put": policies.run_board}

    @extend_schema(request=AiReadingSerializer, responses=BoardSerializer)
    def put(self, request: Request, board_id: UUID) -> Response:
        body = AiReadingSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        board = services.set_ai_reading(actor=self.actor, board_id=board_id, **body.validated_data)
        context = {"roles": selectors.roles_of(actor=self.actor)}
        return Response(BoardSerializer(board, context=context).data)


class AgendaClockView(ConsiliumView):
    """Pause, go on, or add minutes to the case being discussed."""

    policies = {"post": policies.run_agenda_item}

    @extend_schema(request=ClockSerializer, responses=AgendaItemSerializer)
    def post(self, request: Request, item_id: UUID) -> Response:
        body = ClockSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        item = services.set_clock(actor=self.actor, item_id=item_id, **body.validated_data)
        return Response(show_agenda(actor=self.actor, items=[item])[0])
