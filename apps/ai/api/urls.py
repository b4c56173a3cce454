from django.urls import path

from apps.ai.api import (
    automation_views,
    content_views,
    input_views,
    job_views,
    model_views,
    monitoring_views,
    pet_views,
    radiomics_views,
    reach_views,
    research_study_views,
    research_views,
    review_views,
    structure_set_views,
    urgency_views,
    validation_views,
    views,
)

VERSION = "models/versions/<uuid:version_id>"
SERIES = "cases/<uuid:case_id>/studies/<str:study_uid>/series/<str:series_uid>"
STUDY = "cases/<uuid:case_id>/studies/<str:study_uid>"
STRUCTURE_SET = "cases/<uuid:case_id>/studies/<str:study_uid>/structure-set"

urlpatterns = [
    path("models", model_views.ModelsView.as_view()),
    path("automation-rules", automation_views.AutomationRulesView.as_view()),
    path("automation-rules/trial", automation_views.RuleTrialView.as_view()),
    path("automation-rules/<uuid:rule_id>", automation_views.AutomationRuleView.as_view()),
    path("automation-rules/<uuid:rule_id>/runs", automation_views.AutomationRunsView.as_view()),
    path("urgency-notices", urgency_views.NoticesView.as_view()),
    path(
        "urgency-notices/<uuid:notice_id>/acknowledge",
        urgency_views.AcknowledgeNoticeView.as_view(),
    ),
    path("urgency-tiers", urgency_views.UrgencyTiersView.as_view()),
    path("urgency-tiers/<uuid:tier_id>", urgency_views.UrgencyTierView.as_view()),
    path("urgency-tiers/<uuid:tier_id>/seen", urgency_views.DemotionSeenView.as_view()),
    path("models/uploads", content_views.BundleUploadsView.as_view()),
    path("models/uploads/<uuid:upload_id>", content_views.BundleUploadView.as_view()),
    path(
        "models/uploads/<uuid:upload_id>/content", content_views.BundleUploadContentView.as_view()
    ),
    path("models/uploads/<uuid:upload_id>/install", content_views.BundleInstallView.as_view()),
    path(VERSION, model_views.VersionView.as_view()),
    path(f"{VERSION}/content", content_views.VersionContentView.as_view()),
    path(f"{VERSION}/card", content_views.VersionCardView.as_view()),
    path(f"{VERSION}/reach", reach_views.ReachView.as_view()),
    path(f"{VERSION}/reach.csv", reach_views.ReachTableView.as_view()),
    path(f"{VERSION}/approve", model_views.ApproveVersionView.as_view()),
    path(f"{VERSION}/propose", model_views.ProposeVersionView.as_view()),
    path(f"{VERSION}/confirm", model_views.ConfirmVersionView.as_view()),
    path(f"{VERSION}/decline", model_views.DeclineVersionView.as_view()),
    path(f"{VERSION}/shadow", model_views.ShadowVersionView.as_view()),
    path(f"{VERSION}/suspend", model_views.SuspendVersionView.as_view()),
    path(f"{VERSION}/roll-back", model_views.RollBackVersionView.as_view()),
    path(f"{VERSION}/retire", model_views.RetireVersionView.as_view()),
    path("validation/folders", validation_views.ValidationFoldersView.as_view()),
    path("validation/runs", validation_views.ValidationRunsView.as_view()),
    path("validation/runs/<uuid:run_id>", validation_views.ValidationRunView.as_view()),
    path(
        "validation/runs/<uuid:run_id>/cancel", validation_views.CancelValidationRunView.as_view()
    ),
    path(
        "validation/runs/<uuid:run_id>/record", validation_views.RecordValidationRunView.as_view()
    ),
    path(
        "validation/runs/<uuid:run_id>/report.<str:kind>",
        validation_views.ValidationReportView.as_view(),
    ),
    path("models/alerts", monitoring_views.AlertsView.as_view()),
    path(
        "models/alerts/<uuid:alert_id>/acknowledge",
        monitoring_views.AcknowledgeAlertView.as_view(),
    ),
    path("models/<uuid:model_id>/monitoring", monitoring_views.MonitoringView.as_view()),
    path("models/<uuid:model_id>/monitoring/csv", monitoring_views.MonitoringCsvView.as_view()),
    path("models/<uuid:model_id>/drift", monitoring_views.DriftView.as_view()),
    path("jobs", job_views.JobsView.as_view()),
    path("jobs/<uuid:job_id>", job_views.JobView.as_view()),
    path("jobs/<uuid:job_id>/cancel", job_views.CancelJobView.as_view()),
    path("jobs/<uuid:job_id>/retry", job_views.RetryJobView.as_view()),
    path("findings", views.FindingsView.as_view()),
    path("findings/dismissal-reasons", review_views.DismissalReasonsView.as_view()),
    path("findings/<uuid:finding_id>", views.FindingView.as_view()),
    path("findings/<uuid:finding_id>/accept", review_views.AcceptFindingView.as_view()),
    path("findings/<uuid:finding_id>/dismiss", review_views.DismissFindingView.as_view()),
    path("findings/<uuid:finding_id>/defer", review_views.DeferFindingView.as_view()),
    path("findings/<uuid:finding_id>/opinions", review_views.FindingOpinionView.as_view()),
    path("findings/<uuid:finding_id>/opened", review_views.FindingOpenedView.as_view()),
    path("findings/<uuid:finding_id>/history", review_views.FindingHistoryView.as_view()),
    path(
        "findings/<uuid:finding_id>/amendments/<uuid:review_id>/mask",
        review_views.AmendedMaskView.as_view(),
    ),
    path(
        "findings/<uuid:finding_id>/amendments/<uuid:review_id>/mask-geometry",
        review_views.AmendedMaskGeometryView.as_view(),
    ),
    path("findings/<uuid:finding_id>/export/retry", review_views.RetryExportView.as_view()),
    path("findings/<uuid:finding_id>/mask", views.MaskView.as_view()),
    path("findings/<uuid:finding_id>/mask-geometry", views.MaskGeometryView.as_view()),
    path(f"{SERIES}/nifti", research_views.SeriesNiftiView.as_view(), name="series-nifti"),
    path(
        f"{SERIES}/nifti-mask",
        research_views.SeriesNiftiMaskView.as_view(),
        name="series-nifti-mask",
    ),
    path("cases/<uuid:case_id>/pet-burden", pet_views.PetBurdenView.as_view()),
    path(f"{STUDY}/models/<uuid:model_id>/inputs", input_views.ModelInputsView.as_view()),
    path(f"{STUDY}/nifti", research_study_views.StudyNiftiView.as_view()),
    path(f"{STUDY}/nifti-mask/match", research_study_views.NiftiMaskMatchView.as_view()),
    path(STRUCTURE_SET, structure_set_views.StructureSetsView.as_view()),
    path(f"{STRUCTURE_SET}/file", structure_set_views.StructureSetFileView.as_view()),
    path(
        "segmentations/<uuid:segmentation_id>/segments/<int:segment>/liver-point",
        pet_views.LiverPointView.as_view(),
    ),
    path(
        "segmentations/<uuid:segmentation_id>/segments/<int:segment>/radiomics",
        radiomics_views.SegmentRadiomicsView.as_view(),
    ),
    path(
        "cases/<uuid:case_id>/segmentations/<uuid:instance_id>/segments/<int:number>"
        "/series/<uuid:series_id>/radiomics",
        radiomics_views.ImportedSegmentRadiomicsView.as_view(),
    ),
]
