from django.urls import path

from apps.interop.api import views

urlpatterns = [
    path("me/calendar", views.CalendarFeedView.as_view(), name="calendar-feed"),
    path("calendars/<str:secret>.ics", views.CalendarView.as_view(), name="calendar"),
    path(
        "meetings/<uuid:meeting_id>/invitation",
        views.MeetingInvitationView.as_view(),
        name="meeting-invitation",
    ),
]
