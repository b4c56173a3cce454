from django.urls import path

from apps.boards.api import (
    attendance_views,
    decision_urls,
    decision_views,
    hanging_views,
    readiness_urls,
    reading_views,
    series_views,
    views,
)

urlpatterns = [
    *readiness_urls.urlpatterns,
    path("boards", views.BoardsView.as_view(), name="boards-list"),
    path("boards/<uuid:board_id>", attendance_views.BoardView.as_view(), name="boards-detail"),
    path(
        "boards/<uuid:board_id>/recording",
        views.BoardRecordingView.as_view(),
        name="board-recording",
    ),
    path("boards/<uuid:board_id>/members", views.BoardMembersView.as_view(), name="board-members"),
    path(
        "boards/<uuid:board_id>/members/<uuid:member_id>",
        views.BoardMemberView.as_view(),
        name="board-member",
    ),
    path(
        "boards/<uuid:board_id>/ai-reading",
        reading_views.BoardAiReadingView.as_view(),
        name="board-ai-reading",
    ),
    path("meeting-series", series_views.SeriesListView.as_view(), name="meeting-series-list"),
    path(
        "meeting-series/<uuid:meeting_series_id>",
        series_views.SeriesView.as_view(),
        name="meeting-series-detail",
    ),
    path("meetings", views.MeetingsView.as_view(), name="meetings-list"),
    path("meetings/<uuid:meeting_id>", views.MeetingView.as_view(), name="meetings-detail"),
    path("meetings/<uuid:meeting_id>/agenda", views.AgendaView.as_view(), name="meeting-agenda"),
    path(
        "meetings/<uuid:meeting_id>/attendance",
        attendance_views.AttendanceView.as_view(),
        name="meeting-attendance",
    ),
    path(
        "meetings/<uuid:meeting_id>/attendance/<uuid:user_id>",
        attendance_views.AttendeeView.as_view(),
        name="meeting-attendee",
    ),
    path(
        "meetings/<uuid:meeting_id>/check-in",
        attendance_views.CheckInCodeView.as_view(),
        name="meeting-check-in",
    ),
    path("check-in", attendance_views.CheckInView.as_view(), name="check-in"),
    path("agenda-items/<uuid:item_id>", views.AgendaItemView.as_view(), name="agenda-item"),
    path(
        "agenda-items/<uuid:item_id>/clock",
        reading_views.AgendaClockView.as_view(),
        name="agenda-item-clock",
    ),
    path("hanging-protocols", hanging_views.HangingsView.as_view(), name="hangings-list"),
    path(
        "hanging-protocols/<uuid:hanging_id>",
        hanging_views.HangingView.as_view(),
        name="hangings-detail",
    ),
    path("decisions", decision_views.DecisionsView.as_view(), name="decisions-list"),
    path(
        "decisions/<uuid:decision_id>",
        decision_views.DecisionView.as_view(),
        name="decisions-detail",
    ),
    path(
        "decisions/<uuid:decision_id>/position",
        decision_views.DecisionPositionView.as_view(),
        name="decision-position",
    ),
    path(
        "decisions/<uuid:decision_id>/call-for-votes",
        decision_views.CallForVotesView.as_view(),
        name="decision-call-for-votes",
    ),
    *decision_urls.urlpatterns,
]
