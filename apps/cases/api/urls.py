from django.urls import path

from apps.cases.api import views

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
]
