from django.urls import path

from apps.cases.api import clinical_views, timeline_views, views
from apps.cases.clinical.kinds import KINDS

urlpatterns = [
    path("patients", views.PatientsView.as_view(), name="patients-list"),
    path("cases", views.CasesView.as_view(), name="cases-list"),
    path("cases/<uuid:case_id>", views.CaseView.as_view(), name="cases-detail"),
    path("cases/<uuid:case_id>/members", views.MembersView.as_view(), name="cases-members"),
    path(
        "cases/<uuid:case_id>/members/<uuid:grant_id>",
        views.MemberView.as_view(),
        name="cases-member",
    ),
    path(
        "cases/<uuid:case_id>/timeline",
        timeline_views.TimelineView.as_view(),
        name="cases-timeline",
    ),
    path(
        "cases/<uuid:case_id>/clinical",
        clinical_views.ClinicalContentView.as_view(),
        name="cases-clinical",
    ),
    path("staging-tables", clinical_views.StageTablesView.as_view(), name="staging-tables"),
]
for name, (listed, one, withdrawn) in clinical_views.VIEWS.items():
    base = f"cases/<uuid:case_id>/clinical/{KINDS[name].plural}"
    entry = f"{base}/<uuid:{name}_id>"
    urlpatterns += [
        path(base, listed.as_view(), name=f"cases-{name}-list"),
        path(entry, one.as_view(), name=f"cases-{name}-detail"),
        path(f"{entry}/withdraw", withdrawn.as_view(), name=f"cases-{name}-withdraw"),
    ]
