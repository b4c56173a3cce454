from django.urls import path

from apps.annotations.api import lesion_views as lesions
from apps.annotations.api import segmentation_views as drawn
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
    path(
        "measurements/<uuid:measurement_id>/lesion",
        lesions.MeasurementLesionView.as_view(),
        name="measurements-lesion",
    ),
    path("lesions", lesions.LesionsView.as_view(), name="lesions-list"),
    path("lesions/<uuid:lesion_id>", lesions.LesionView.as_view(), name="lesions-detail"),
    path("segmentations", drawn.SegmentationsView.as_view(), name="segmentations-list"),
    path(
        "segmentations/<uuid:segmentation_id>",
        drawn.SegmentationView.as_view(),
        name="segmentations-detail",
    ),
    path(
        "segmentations/<uuid:segmentation_id>/restore",
        drawn.SegmentationRestoreView.as_view(),
        name="segmentations-restore",
    ),
    path(
        "segmentations/<uuid:segmentation_id>/grid",
        drawn.SegmentationGridView.as_view(),
        name="segmentations-grid",
    ),
    path(
        "segmentations/<uuid:segmentation_id>/chunks",
        drawn.SegmentationChunksView.as_view(),
        name="segmentations-chunks",
    ),
    path(
        "segmentations/<uuid:segmentation_id>/revisions",
        drawn.SegmentationRevisionsView.as_view(),
        name="segmentations-revisions",
    ),
    path(
        "segmentations/<uuid:segmentation_id>/revisions/<int:revision>/voxels",
        drawn.SegmentationVoxelsView.as_view(),
        name="segmentations-voxels",
    ),
]
