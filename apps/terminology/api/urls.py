from django.urls import path

from apps.terminology.api import views

urlpatterns = [
    path("terminology", views.TerminologyView.as_view(), name="terminology"),
    path("terminology/systems", views.CodeSystemsView.as_view(), name="terminology-systems"),
]
