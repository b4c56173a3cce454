from datetime import timedelta
from typing import Any
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.cases.policies import view_case
from apps.core.actors import Actor
from apps.core.api.views import ConsiliumView
from apps.core.exceptions import NotVisible
from apps.live.access import read_access
from apps.live.api.recording_serializers import (
    CaseRecordingsSerializer,
    PointersQuerySerializer,
    RecordedEventsQuerySerializer,
    RecordedEventsSerializer,
    RecordedPointersSerializer,
    RecordingQuerySerializer,
    RecordingSerializer,
)
from apps.live.limits import POINTER_REQUEST_S
from apps.live.models import LiveSession
from apps.live.projections import View, map_identifiers, project_event, project_snapshot
from apps.live.recordings import policies, selectors, viewing
from apps.live.recordings.selectors import Chapter
from apps.live.selectors import keeps_recording_days


def _view_of(*, actor: Actor, case_id: UUID) -> View:
    """As the reader may see this case now, whatever they saw in the room."""
    if actor.id is None:
        raise NotVisible()
    return read_access(case_id=case_id, user_ids=[actor.id])[actor.id].view


def _session(session_id: UUID) -> LiveSession:
    return LiveSession.objects.select_related("meeting__board").get(pk=session_id)


def _visible_chapters(*, actor: Actor, session: LiveSession) -> list[tuple[Chapter, View]]:
    chapters = selectors.chapters_of(session=session)
    views = {one.case_id: _view_of(actor=actor, case_id=one.case_id) for one in chapters}
    return [(one, views[one.case_id]) for one in chapters if views[one.case_id].guise != "none"]


class CaseRecordingsView(ConsiliumView):
    """Recordings in which a case was on, newest first."""

    policies = {"get": policies.list_recordings}

    @extend_schema(
        parameters=[OpenApiParameter("case", UUID, required=True)],
        responses=CaseRecordingsSerializer,
    )
    def get(self, request: Request) -> Response:
        query = RecordingQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        case_id = query.validated_data["case"]
        view_case(actor=self.actor, case_id=case_id)
        return Response({"results": selectors.recordings_of_case(case_id=case_id)})


class RecordingView(ConsiliumView):
    """What there is to replay of a session: its chapters that the reader may see."""

    policies = {"get": policies.view_recording}

    @extend_schema(responses=RecordingSerializer)
    def get(self, request: Request, session_id: UUID) -> Response:
        session = _session(session_id)
        visible = _visible_chapters(actor=self.actor, session=session)
        chapters = [chapter for chapter, _ in visible]
        return Response(
            {
                "session": str(session.pk),
                "board": session.meeting.board.name if session.meeting else None,
                "state": session.state,
                "records_pointers": session.records_pointers,
                "keeps_days": keeps_recording_days(session),
                "chapters": [
                    selectors.describe_chapter(session=session, chapter=chapter, guise=view.guise)
                    for chapter, view in visible
                ],
                "visits": selectors.describe_visits(session=session, chapters=chapters),
            }
        )


class RecordedEventsView(ConsiliumView):
    """The log of one chapter, a page at a time, as the reader may see the case."""

    policies = {"get": policies.view_recording}

    @extend_schema(
        parameters=[
            OpenApiParameter("after", int, required=True),
            OpenApiParameter("until", int),
        ],
        responses=RecordedEventsSerializer,
    )
    def get(self, request: Request, session_id: UUID) -> Response:
        query = RecordedEventsQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        after = query.validated_data["after"]
        session = _session(session_id)
        chapter = selectors.chapter_at(session=session, seq=after)
        if chapter is None:
            raise NotVisible()
        view = _view_of(actor=self.actor, case_id=chapter.case_id)
        if view.guise == "none":
            raise NotVisible()
        if after == chapter.from_seq:
            viewing.record_replay(actor=self.actor, session=session, chapter=chapter)
        page = selectors.read_page(
            session_id=session_id,
            chapter=chapter,
            after=after,
            until=query.validated_data.get("until"),
        )
        return Response(
            {
                "states": [
                    {
                        "seq": state["seq"],
                        "snapshot": project_snapshot(state["snapshot"], view=view),
                    }
                    for state in page.states
                ],
                "events": [project_event(event, view=view) for event in page.events],
                "next_after": page.next_after,
            }
        )


class RecordedPointersView(ConsiliumView):
    """Where people pointed, for at most two minutes of the recording."""

    policies = {"get": policies.view_recording}

    @extend_schema(
        parameters=[
            OpenApiParameter("since", OpenApiTypes.DATETIME, required=True),
            OpenApiParameter("until", OpenApiTypes.DATETIME, required=True),
        ],
        responses=RecordedPointersSerializer,
    )
    def get(self, request: Request, session_id: UUID) -> Response:
        query = PointersQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        since = query.validated_data["since"]
        longest = since + timedelta(seconds=POINTER_REQUEST_S)
        visible = _visible_chapters(actor=self.actor, session=_session(session_id))
        views = {chapter.case_id: view for chapter, view in visible}
        tracks = selectors.pointer_tracks(
            session_id=session_id,
            case_ids=views,
            from_at=since,
            until_at=min(query.validated_data["until"], longest),
        )
        return Response(
            {"tracks": [_as_seen(track, view=views[track.case_id]) for track in tracks]}
        )


def _as_seen(track: Any, *, view: View) -> dict[str, Any]:
    places = track.places
    if view.mapping is not None:
        places = map_identifiers(places, mapping=view.mapping)
    return {
        "from_at": track.from_at.isoformat(),
        "people": track.people,
        "places": places,
        "samples": track.samples,
    }
