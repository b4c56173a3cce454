from django.urls import path

from apps.annotations.api import views

urlpatterns = [
    path("measurements", views.MeasurementsView.as_view(), name="measurements-list"),
    path(
        "measurements/<uuid:measurement_id>",
        views.MeasurementView.as_view(),
        name="measurements-detail",
    ),
]
