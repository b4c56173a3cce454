"""Hanging protocols over HTTP: the house's own, one's own, and those of one's boards."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.boards import policies, selectors, services
from apps.boards.hangings import HangingDocument, builtin_hangings
from apps.boards.models import HangingProtocol
from apps.core.actors import Actor
from apps.core.api.views import ConsiliumView

SOURCES = [("builtin", "Built in"), ("board", "Board"), ("person", "Person")]


@extend_schema_field(HangingDocument)  # type: ignore[arg-type]  # its pydantic extension knows it
class DocumentField(serializers.JSONField):
    """Checked by the service, which says what is wrong with it."""


class HangingSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(allow_null=True)
    key = serializers.CharField(help_text="Of a built-in one; else empty.")
    name = serializers.CharField(help_text="As it was saved; empty for a built-in one.")
    source = serializers.ChoiceField(choices=SOURCES)  # type: ignore[assignment]  # DRF's own name
    board = serializers.UUIDField(allow_null=True)
    board_name = serializers.CharField()
    is_default = serializers.BooleanField()
    version = serializers.IntegerField()
    may_change = serializers.BooleanField()
    document = DocumentField()


class HangingsSerializer(serializers.Serializer[Any]):
    results = HangingSerializer(many=True)


class HangingWriteSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=80)
    board = serializers.UUIDField(required=False, allow_null=True, default=None)
    is_default = serializers.BooleanField(default=False)
    document = DocumentField()


class HangingPatchSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=80, required=False)
    is_default = serializers.BooleanField(required=False)
    document = DocumentField(required=False)
    version = serializers.IntegerField(required=False)


def show_hanging(row: HangingProtocol, *, actor: Actor, roles: dict[UUID, str]) -> dict[str, Any]:
    runs = row.board_id is None or roles.get(row.board_id) in policies.RUNNERS
    return {
        "id": str(row.pk),
        "key": "",
        "name": row.name,
        "source": "board" if row.board_id else "person",
        "board": str(row.board_id) if row.board_id else None,
        "board_name": row.board.name if row.board else "",
        "is_default": row.is_default,
        "version": row.version,
        "may_change": actor.is_person and runs,
        "document": row.document,
    }


def show_builtins() -> list[dict[str, Any]]:
    return [
        {
            "id": None,
            "key": one.key,
            "name": "",
            "source": "builtin",
            "board": None,
            "board_name": "",
            "is_default": True,
            "version": 0,
            "may_change": False,
            "document": one.document.model_dump(mode="json"),
        }
        for one in builtin_hangings()
    ]


class HangingsView(ConsiliumView):
    """All at once: a case cannot be hung by half of the protocols."""

    policies = {"get": policies.list_hangings, "post": policies.list_hangings}

    @extend_schema(responses=HangingsSerializer)
    def get(self, request: Request) -> Response:
        roles = selectors.roles_of(actor=self.actor)
        saved = selectors.visible_hangings(actor=self.actor)
        shown = [show_hanging(row, actor=self.actor, roles=roles) for row in saved]
        return Response({"results": [*shown, *show_builtins()]})

    @extend_schema(request=HangingWriteSerializer, responses={201: HangingSerializer})
    def post(self, request: Request) -> Response:
        """The board is in the body, so the service asks ``save_hanging`` itself."""
        body = HangingWriteSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        fields = dict(body.validated_data)
        row = services.create_hanging(actor=self.actor, board_id=fields.pop("board"), **fields)
        roles = selectors.roles_of(actor=self.actor)
        return Response(
            show_hanging(row, actor=self.actor, roles=roles), status=status.HTTP_201_CREATED
        )


class HangingView(ConsiliumView):
    policies = {"patch": policies.change_hanging, "delete": policies.change_hanging}

    @extend_schema(request=HangingPatchSerializer, responses=HangingSerializer)
    def patch(self, request: Request, hanging_id: UUID) -> Response:
        body = HangingPatchSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        changes = {name: value for name, value in body.validated_data.items() if name != "version"}
        row = services.revise_hanging(
            actor=self.actor, hanging_id=hanging_id, version=self.read_version(), changes=changes
        )
        roles = selectors.roles_of(actor=self.actor)
        return Response(show_hanging(row, actor=self.actor, roles=roles))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, hanging_id: UUID) -> Response:
        services.delete_hanging(
            actor=self.actor, hanging_id=hanging_id, version=self.read_version()
        )
        return Response(status=status.HTTP_204_NO_CONTENT)
