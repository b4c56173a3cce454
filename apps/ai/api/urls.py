from django.urls import path

from apps.ai.api import (
    finding_views,
    job_views,
    model_views,
    radiomics_views,
    research_views,
    structure_set_views,
)

SERIES = "cases/<uuid:case_id>/studies/<str:study_uid>/series/<str:series_uid>"
STRUCTURE_SET = "cases/<uuid:case_id>/studies/<str:study_uid>/structure-set"

urlpatterns = [
    path("models", model_views.ModelsView.as_view()),
    path("models/versions/<uuid:version_id>/approve", model_views.ApproveVersionView.as_view()),
    path("models/versions/<uuid:version_id>/activate", model_views.ActivateVersionView.as_view()),
    path("models/versions/<uuid:version_id>/suspend", model_views.SuspendVersionView.as_view()),
    path("jobs", job_views.JobsView.as_view()),
    path("jobs/<uuid:job_id>", job_views.JobView.as_view()),
    path("jobs/<uuid:job_id>/cancel", job_views.CancelJobView.as_view()),
    path("jobs/<uuid:job_id>/retry", job_views.RetryJobView.as_view()),
    path("findings", finding_views.FindingsView.as_view()),
    path("findings/dismissal-reasons", finding_views.DismissalReasonsView.as_view()),
    path("findings/<uuid:finding_id>", finding_views.FindingView.as_view()),
    path("findings/<uuid:finding_id>/accept", finding_views.AcceptFindingView.as_view()),
    path("findings/<uuid:finding_id>/dismiss", finding_views.DismissFindingView.as_view()),
    path("findings/<uuid:finding_id>/export/retry", finding_views.RetryExportView.as_view()),
    path("findings/<uuid:finding_id>/mask", finding_views.MaskView.as_view()),
    path("findings/<uuid:finding_id>/mask-geometry", finding_views.MaskGeometryView.as_view()),
    path(f"{SERIES}/nifti", research_views.SeriesNiftiView.as_view(), name="series-nifti"),
    path(
        f"{SERIES}/nifti-mask",
        research_views.SeriesNiftiMaskView.as_view(),
        name="series-nifti-mask",
    ),
    path(STRUCTURE_SET, structure_set_views.StructureSetsView.as_view()),
    path(f"{STRUCTURE_SET}/file", structure_set_views.StructureSetFileView.as_view()),
    path(
        "segmentations/<uuid:segmentation_id>/segments/<int:segment>/radiomics",
        radiomics_views.SegmentRadiomicsView.as_view(),
    ),
]
