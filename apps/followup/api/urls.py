from django.urls import path

from apps.followup.api import case_views, number_views, views

urlpatterns = [
    path("follow-up-tasks", views.TasksView.as_view(), name="follow-up-tasks-list"),
    path(
        "follow-up-tasks/<uuid:task_id>",
        views.TaskView.as_view(),
        name="follow-up-tasks-detail",
    ),
    path(
        "follow-up-tasks/<uuid:task_id>/results",
        views.ResultsView.as_view(),
        name="follow-up-task-results",
    ),
    path(
        "follow-up-tasks/<uuid:task_id>/hand-over",
        views.HandOverView.as_view(),
        name="follow-up-task-hand-over",
    ),
    path(
        "cases/<uuid:case_id>/follow-up",
        case_views.CaseFollowUpView.as_view(),
        name="case-follow-up",
    ),
    path("cases/<uuid:case_id>/close", case_views.CaseCloseView.as_view(), name="case-close"),
    path(
        "cases/<uuid:case_id>/incidental-findings",
        case_views.IncidentalFindingsView.as_view(),
        name="case-incidental-findings",
    ),
    path(
        "incidental-findings/<uuid:incidental_id>",
        case_views.IncidentalFindingView.as_view(),
        name="incidental-finding",
    ),
    path(
        "decisions/<uuid:decision_id>/outcome",
        case_views.OutcomeView.as_view(),
        name="decision-outcome",
    ),
    path(
        "agenda-items/<uuid:item_id>/presentation",
        case_views.PresentationView.as_view(),
        name="agenda-item-presentation",
    ),
    path(
        "boards/<uuid:board_id>/follow-up",
        number_views.FollowUpRuleView.as_view(),
        name="board-follow-up",
    ),
    path(
        "boards/<uuid:board_id>/indicators",
        number_views.IndicatorsView.as_view(),
        name="board-indicators",
    ),
    path(
        "boards/<uuid:board_id>/indicators.csv",
        number_views.IndicatorsCsvView.as_view(),
        name="board-indicators-csv",
    ),
]
