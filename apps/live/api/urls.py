from django.urls import path

from apps.live.api import recording_views as recordings
from apps.live.api import screen_views, views
from apps.live.api import tour_views as tours

urlpatterns = [
    path("live/sessions", views.LiveSessionsView.as_view(), name="live-sessions-list"),
    path(
        "live/sessions/<uuid:session_id>",
        views.LiveSessionView.as_view(),
        name="live-sessions-detail",
    ),
    path(
        "live/sessions/<uuid:session_id>/ticket",
        views.LiveTicketView.as_view(),
        name="live-sessions-ticket",
    ),
    path(
        "live/sessions/<uuid:session_id>/lobby/<uuid:user_id>",
        views.LiveLobbyView.as_view(),
        name="live-sessions-lobby",
    ),
    path("room-screens", screen_views.ScreensView.as_view(), name="room-screens"),
    path(
        "room-screens/<uuid:screen_id>/claim",
        screen_views.ScreenClaimView.as_view(),
        name="room-screen-claim",
    ),
    path(
        "live/sessions/<uuid:session_id>/screens",
        screen_views.LiveScreensView.as_view(),
        name="live-sessions-screens",
    ),
    path(
        "live/sessions/<uuid:session_id>/screens/<uuid:place_id>",
        screen_views.LiveScreenView.as_view(),
        name="live-sessions-screen",
    ),
    path(
        "live/sessions/<uuid:session_id>/wall",
        screen_views.WallView.as_view(),
        name="live-sessions-wall",
    ),
    path(
        "live/sessions/<uuid:session_id>/events",
        views.LiveEventsView.as_view(),
        name="live-sessions-events",
    ),
    path("live/recordings", recordings.CaseRecordingsView.as_view(), name="live-recordings"),
    path(
        "live/sessions/<uuid:session_id>/recording",
        recordings.RecordingView.as_view(),
        name="live-recording",
    ),
    path(
        "live/sessions/<uuid:session_id>/recording/events",
        recordings.RecordedEventsView.as_view(),
        name="live-recording-events",
    ),
    path(
        "live/sessions/<uuid:session_id>/recording/pointers",
        recordings.RecordedPointersView.as_view(),
        name="live-recording-pointers",
    ),
    path("tours", tours.ToursView.as_view(), name="tours-list"),
    path("tours/waiting", tours.WaitingToursView.as_view(), name="tours-waiting"),
    path("tours/<uuid:tour_id>", tours.TourView.as_view(), name="tours-detail"),
    path("tours/<uuid:tour_id>/steps", tours.TourStepsView.as_view(), name="tour-steps"),
    path("tours/<uuid:tour_id>/seen", tours.TourSeenView.as_view(), name="tour-seen"),
    path("tour-steps/<uuid:step_id>", tours.TourStepView.as_view(), name="tour-step"),
]
