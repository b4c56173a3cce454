from django.urls import path

from apps.accounts.api import views

urlpatterns = [
    path("csrf", views.CsrfView.as_view(), name="csrf"),
    path("me", views.MeView.as_view(), name="me"),
    path("me/totp-qr", views.TotpQrView.as_view(), name="totp-qr"),
    path("people", views.PeopleView.as_view(), name="people-list"),
    path("people/<uuid:user_id>", views.PersonView.as_view(), name="people-detail"),
    path("institutions", views.InstitutionsView.as_view(), name="institutions-list"),
]
