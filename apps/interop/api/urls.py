from django.urls import path, re_path

from apps.interop.api import views

urlpatterns = [
    path("me/calendar", views.CalendarFeedView.as_view(), name="calendar-feed"),
    re_path(
        r"^calendars/(?P<secret>[A-Za-z0-9_-]{43})\.ics$",
        views.CalendarView.as_view(),
        name="calendar",
    ),
    path(
        "meetings/<uuid:meeting_id>/invitation",
        views.MeetingInvitationView.as_view(),
        name="meeting-invitation",
    ),
]
