from django.urls import path

from apps.boards.api import signing_views as views

urlpatterns = [
    path("signing", views.SigningView.as_view(), name="signing"),
    path("decisions/to-sign", views.WaitingDecisionsView.as_view(), name="decisions-to-sign"),
    path("decisions/sign", views.SignManyView.as_view(), name="decisions-sign-many"),
    path("decisions/changes", views.ChangesView.as_view(), name="decisions-changes"),
    path(
        "decisions/<uuid:decision_id>/text",
        views.DecisionTextView.as_view(),
        name="decision-text",
    ),
    path(
        "decisions/<uuid:decision_id>/sign",
        views.DecisionSignView.as_view(),
        name="decision-sign",
    ),
    path(
        "decisions/<uuid:decision_id>/addenda",
        views.AddendaView.as_view(),
        name="decision-addenda",
    ),
    path("decisions/<uuid:decision_id>/told", views.ToldView.as_view(), name="decision-told"),
    path(
        "decisions/<uuid:decision_id>/confirm",
        views.ConfirmView.as_view(),
        name="decision-confirm",
    ),
]
