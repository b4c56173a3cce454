"""Routes of readiness, triage, templates and agendas as a whole."""

from django.urls import path

from apps.boards.api import agenda_views, readiness_views, template_views, triage_views

urlpatterns = [
    path("case-templates", template_views.CaseTemplatesView.as_view(), name="case-templates-list"),
    path(
        "case-templates/<str:tumour_type>",
        template_views.CaseTemplateView.as_view(),
        name="case-templates-detail",
    ),
    path(
        "case-templates/<str:tumour_type>/versions",
        template_views.CaseTemplateVersionsView.as_view(),
        name="case-template-versions",
    ),
    path(
        "cases/<uuid:case_id>/readiness",
        readiness_views.CaseReadinessView.as_view(),
        name="case-readiness",
    ),
    path(
        "cases/<uuid:case_id>/readiness/template",
        readiness_views.CaseReadinessTemplateView.as_view(),
        name="case-readiness-template",
    ),
    path(
        "cases/<uuid:case_id>/readiness/items/<str:item>",
        readiness_views.CaseItemView.as_view(),
        name="case-readiness-item",
    ),
    path(
        "cases/<uuid:case_id>/readiness/items/<str:item>/owner",
        readiness_views.CaseItemOwnerView.as_view(),
        name="case-readiness-owner",
    ),
    path("cases/<uuid:case_id>/triage", triage_views.CaseTriageView.as_view(), name="case-triage"),
    path(
        "cases/<uuid:case_id>/triage/proposal",
        triage_views.CaseProposalView.as_view(),
        name="case-triage-proposal",
    ),
    path(
        "cases/<uuid:case_id>/pull-up", triage_views.CasePullUpView.as_view(), name="case-pull-up"
    ),
    path("cases/<uuid:case_id>/moves", triage_views.CaseMovesView.as_view(), name="case-moves"),
    path("triage", triage_views.TriageManyView.as_view(), name="triage-many"),
    path("triage/undo", triage_views.UndoMovesView.as_view(), name="triage-undo"),
    path("item-reminders", readiness_views.ItemRemindersView.as_view(), name="item-reminders"),
    path(
        "meetings/<uuid:meeting_id>/exceptions",
        readiness_views.MeetingExceptionsView.as_view(),
        name="meeting-exceptions",
    ),
    path(
        "meetings/<uuid:meeting_id>/capacity",
        agenda_views.MeetingCapacityView.as_view(),
        name="meeting-capacity",
    ),
    path(
        "meetings/<uuid:meeting_id>/agenda/order",
        agenda_views.AgendaOrderView.as_view(),
        name="meeting-agenda-order",
    ),
    path(
        "meetings/<uuid:meeting_id>/agenda/many",
        agenda_views.AgendaManyView.as_view(),
        name="meeting-agenda-many",
    ),
    path(
        "meetings/<uuid:meeting_id>/carry-over",
        agenda_views.CarryOverView.as_view(),
        name="meeting-carry-over",
    ),
    path(
        "agenda-items/<uuid:item_id>/time-box",
        agenda_views.TimeBoxView.as_view(),
        name="agenda-item-time-box",
    ),
    path(
        "boards/<uuid:board_id>/agenda-rules",
        agenda_views.BoardAgendaRulesView.as_view(),
        name="board-agenda-rules",
    ),
]
