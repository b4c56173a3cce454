"""The screen on a room's wall: its code, its connection, and what it shows between cases."""

from typing import Any
from uuid import UUID

from django.contrib.auth import login
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import SimpleRateThrottle

from apps.boards.api.attendance_views import show_code
from apps.cases.choices import Guise
from apps.core.api.views import ConsiliumView
from apps.core.exceptions import Conflict, NotVisible
from apps.core.policies import anyone
from apps.live import policies, services
from apps.live.choices import ScreenState
from apps.live.models import RoomScreen

BACKEND = "django.contrib.auth.backends.ModelBackend"


class ScreenAnnouncedSerializer(serializers.Serializer[Any]):
    """``secret`` is told once, to this browser."""

    id = serializers.UUIDField()
    code = serializers.CharField()
    secret = serializers.CharField()
    expires_at = serializers.DateTimeField()


class ScreenClaimSerializer(serializers.Serializer[Any]):
    secret = serializers.CharField(max_length=100)


class ScreenStateSerializer(serializers.Serializer[Any]):
    state = serializers.ChoiceField(choices=["waiting", "connected"])
    session = serializers.UUIDField(allow_null=True)
    name = serializers.CharField()


class ScreenConnectSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(max_length=20)
    name = serializers.CharField(max_length=80)
    guise = serializers.ChoiceField(choices=Guise.choices, default=Guise.DEIDENTIFIED)


class ScreenConnectedSerializer(serializers.Serializer[Any]):
    place = serializers.UUIDField()
    name = serializers.CharField()
    guise = serializers.ChoiceField(choices=Guise.choices)


class WallSerializer(serializers.Serializer[Any]):
    """What the wall shows beside the images; null where the room is of no meeting."""

    name = serializers.CharField()
    code = serializers.CharField(allow_null=True)
    url = serializers.CharField(allow_null=True)
    seconds_left = serializers.IntegerField()
    qr = serializers.ListField(child=serializers.CharField())


class ScreensPerAddress(SimpleRateThrottle):
    """Twenty may wait from one address: whoever asks for more keeps no hospital from its walls."""

    scope, rate = "screens", "120/hour"

    def get_cache_key(self, request: Request, view: Any) -> str:
        # As the server has it: what a header says of the address is the client's own word.
        return self.cache_format % {"scope": self.scope, "ident": request.META["REMOTE_ADDR"]}


class ScreensView(ConsiliumView):
    """Open on purpose: a browser on a wall is nobody. It gets a code and nothing else."""

    policies = {"post": anyone}
    throttle_classes = (ScreensPerAddress,)

    @extend_schema(request=None, responses={201: ScreenAnnouncedSerializer})
    def post(self, request: Request) -> Response:
        announced = services.announce_screen()
        return Response(
            {
                "id": announced.screen.pk,
                "code": announced.code,
                "secret": announced.secret,
                "expires_at": announced.screen.expires_at,
            },
            status=status.HTTP_201_CREATED,
        )


class ScreenClaimView(ConsiliumView):
    """Asked until somebody has connected the screen; the secret is the proof."""

    policies = {"post": anyone}
    open_to_places = frozenset({"post"})

    @extend_schema(request=ScreenClaimSerializer, responses=ScreenStateSerializer)
    def post(self, request: Request, screen_id: UUID) -> Response:
        body = ScreenClaimSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        screen = services.claim_screen(screen_id=screen_id, secret=body.validated_data["secret"])
        if screen.state == ScreenState.CONNECTED:
            self._sign_on(request, screen)
        return Response(
            {
                "state": screen.state,
                "session": screen.session_id,
                "name": screen.place.display_name if screen.place else "",
            }
        )

    def _sign_on(self, request: Request, screen: RoomScreen) -> None:
        """The browser becomes the place. Never one in which somebody is signed in."""
        if screen.place is None or not screen.place.is_active:
            raise NotVisible()
        if self.actor.id == screen.place_id:
            return
        if self.actor.kind != "anonymous":
            raise Conflict("Sign out first: a screen is nobody's.", code="signed_in")
        login(request._request, screen.place, backend=BACKEND)


class LiveScreensView(ConsiliumView):
    policies = {"post": policies.connect_screen}

    @extend_schema(request=ScreenConnectSerializer, responses={201: ScreenConnectedSerializer})
    def post(self, request: Request, session_id: UUID) -> Response:
        """Show this room on the screen that shows this code."""
        body = ScreenConnectSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        screen = services.connect_screen(
            actor=self.actor, session_id=session_id, **body.validated_data
        )
        assert screen.place is not None
        return Response(
            {"place": screen.place_id, "name": screen.place.display_name, "guise": screen.guise},
            status=status.HTTP_201_CREATED,
        )


class LiveScreenView(ConsiliumView):
    policies = {"delete": policies.connect_screen}

    @extend_schema(responses={204: None})
    def delete(self, request: Request, session_id: UUID, place_id: UUID) -> Response:
        """Put a screen out."""
        services.disconnect_screen(actor=self.actor, session_id=session_id, place_id=place_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


class WallView(ConsiliumView):
    """For the screen itself: its name, and the check-in code of its meeting."""

    policies = {"get": policies.show_wall}
    open_to_places = frozenset({"get"})

    @extend_schema(responses=WallSerializer)
    def get(self, request: Request, session_id: UUID) -> Response:
        session = policies.get_session(actor=self.actor, session_id=session_id)
        shown: dict[str, Any] = {"code": None, "url": None, "seconds_left": 60, "qr": []}
        if session.meeting_id is not None:
            shown = show_code(request, meeting_id=session.meeting_id)
        return Response({"name": self.actor.label, **shown}, headers={"Cache-Control": "no-store"})
