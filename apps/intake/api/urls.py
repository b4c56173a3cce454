from django.urls import path

from apps.intake.api import views

LIST = "intake-lists/<uuid:intake_list_id>"

urlpatterns = [
    path("intake-lists", views.IntakeListsView.as_view(), name="intake-lists"),
    path(LIST, views.IntakeListView.as_view(), name="intake-list"),
    path(f"{LIST}/progress", views.IntakeProgressView.as_view(), name="intake-progress"),
    path(f"{LIST}/rows/<int:position>", views.IntakeRowView.as_view(), name="intake-row"),
    path(f"{LIST}/search", views.IntakeSearchView.as_view(), name="intake-search"),
    path(f"{LIST}/confirm", views.IntakeConfirmView.as_view(), name="intake-confirm"),
    path(f"{LIST}/undo", views.IntakeUndoView.as_view(), name="intake-undo"),
    path(f"{LIST}/leftover", views.IntakeLeftoverView.as_view(), name="intake-leftover"),
]
