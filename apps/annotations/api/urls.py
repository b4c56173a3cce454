from django.urls import path

from apps.annotations.api import views

urlpatterns = [
    path("measurements", views.MeasurementsView.as_view(), name="measurements-list"),
    path("key-images", views.KeyImagesView.as_view(), name="key-images-list"),
    path(
        "key-images/<uuid:key_image_id>",
        views.KeyImageView.as_view(),
        name="key-images-detail",
    ),
    path(
        "measurements/<uuid:measurement_id>",
        views.MeasurementView.as_view(),
        name="measurements-detail",
    ),
]
