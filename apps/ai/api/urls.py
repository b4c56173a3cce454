from django.urls import path

from apps.ai.api import radiomics_views, research_views, views

SERIES = "cases/<uuid:case_id>/studies/<str:study_uid>/series/<str:series_uid>"

urlpatterns = [
    path("models", views.ModelsView.as_view()),
    path("models/versions/<uuid:version_id>/approve", views.ApproveVersionView.as_view()),
    path("models/versions/<uuid:version_id>/activate", views.ActivateVersionView.as_view()),
    path("models/versions/<uuid:version_id>/suspend", views.SuspendVersionView.as_view()),
    path("jobs", views.JobsView.as_view()),
    path("jobs/<uuid:job_id>", views.JobView.as_view()),
    path("jobs/<uuid:job_id>/cancel", views.CancelJobView.as_view()),
    path("jobs/<uuid:job_id>/retry", views.RetryJobView.as_view()),
    path("findings", views.FindingsView.as_view()),
    path("findings/dismissal-reasons", views.DismissalReasonsView.as_view()),
    path("findings/<uuid:finding_id>", views.FindingView.as_view()),
    path("findings/<uuid:finding_id>/accept", views.AcceptFindingView.as_view()),
    path("findings/<uuid:finding_id>/dismiss", views.DismissFindingView.as_view()),
    path("findings/<uuid:finding_id>/export/retry", views.RetryExportView.as_view()),
    path("findings/<uuid:finding_id>/mask", views.MaskView.as_view()),
    path("findings/<uuid:finding_id>/mask-geometry", views.MaskGeometryView.as_view()),
    path(f"{SERIES}/nifti", research_views.SeriesNiftiView.as_view(), name="series-nifti"),
    path(
        f"{SERIES}/nifti-mask",
        research_views.SeriesNiftiMaskView.as_view(),
        name="series-nifti-mask",
    ),
    path(
        "segmentations/<uuid:segmentation_id>/segments/<int:segment>/radiomics",
        radiomics_views.SegmentRadiomicsView.as_view(),
    ),
]
