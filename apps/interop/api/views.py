"""Calendars: one's own feed, and the invitation to a meeting as a file."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api.views import ConsiliumView
from apps.interop import policies, selectors, services
from apps.interop.api.serializers import CalendarFeedSerializer, NewCalendarFeedSerializer
from apps.interop.calendars import CalendarMeeting, Method, write_calendar
from apps.interop.models import CalendarFeed

CALENDAR = {(200, "text/calendar"): OpenApiTypes.STR}


class CalendarFeedView(ConsiliumView):
    policies = {
        "get": policies.own_feed,
        "post": policies.own_feed,
        "delete": policies.own_feed,
    }

    @extend_schema(responses=CalendarFeedSerializer)
    def get(self, request: Request) -> Response:
        return Response(CalendarFeedSerializer(_describe(selectors.feed_of(actor=self.actor))).data)

    @extend_schema(request=None, responses={201: NewCalendarFeedSerializer})
    def post(self, request: Request) -> Response:
        """A new address; the one before ends."""
        made = services.renew_feed(actor=self.actor)
        url = f"{site_of(request)}/api/calendars/{made.secret}.ics"
        body = NewCalendarFeedSerializer({**_describe(made.feed), "url": url}).data
        return Response(body, status=status.HTTP_201_CREATED, headers={"Cache-Control": "no-store"})

    @extend_schema(responses={204: None})
    def delete(self, request: Request) -> Response:
        services.revoke_feed(actor=self.actor)
        return Response(status=status.HTTP_204_NO_CONTENT)


class CalendarView(ConsiliumView):
    """What a calendar program fetches: the secret address is the key, nobody signs in."""

    policies = {"get": policies.read_feed}
    authentication_classes = ()

    @extend_schema(responses=CALENDAR)
    def get(self, request: Request, secret: str) -> HttpResponse:
        owner = services.open_feed(secret=secret)
        site = site_of(request)
        meetings = selectors.meetings_of_person(user_id=owner.pk, site=site)
        written = write_calendar(meetings, method="PUBLISH", name="Tumor boards")
        return _as_file(written, method="PUBLISH", name="consilium.ics")


class MeetingInvitationView(ConsiliumView):
    """REQUEST for a meeting that will be, CANCEL for one that was cancelled."""

    policies = {"get": policies.view_meeting}

    @extend_schema(responses=CALENDAR)
    def get(self, request: Request, meeting_id: UUID) -> HttpResponse:
        meeting = selectors.invitation_to(meeting_id=meeting_id, site=site_of(request))
        return invitation(meeting)


def invitation(meeting: CalendarMeeting) -> HttpResponse:
    method: Method = "CANCEL" if meeting.is_cancelled else "REQUEST"
    written = write_calendar([meeting], method=method)
    return _as_file(written, method=method, name=f"meeting-{meeting.starts_at:%Y-%m-%d}.ics")


def site_of(request: Request) -> str:
    return f"{request.scheme}://{request.get_host()}"


def _as_file(written: bytes, *, method: Method, name: str) -> HttpResponse:
    answer = HttpResponse(written, content_type=f"text/calendar; charset=utf-8; method={method}")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "private, no-store"
    return answer


def _describe(feed: CalendarFeed | None) -> dict[str, Any]:
    return {
        "exists": feed is not None,
        "created_at": feed and feed.created_at,
        "last_read_at": feed and feed.last_read_at,
    }
