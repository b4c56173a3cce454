from django.urls import path

from apps.imaging.api import (
    clearances,
    documents,
    imports,
    priors,
    radiotherapy,
    registrations,
    searches,
    views,
)

SEGMENT = (
    "cases/<uuid:case_id>/segmentations/<uuid:instance_id>"
    "/segments/<int:number>/series/<uuid:series_id>"
)
REGION = "cases/<uuid:case_id>/structure-sets/<uuid:instance_id>/regions/<int:number>"

urlpatterns = [
    path("pacs", views.PacsListView.as_view(), name="pacs"),
    path("pacs/<uuid:pacs_id>", views.PacsDetailView.as_view(), name="pacs-detail"),
    path("pacs/<uuid:pacs_id>/test", views.PacsTestView.as_view(), name="pacs-test"),
    path("pacs/studies", searches.AllPacsStudiesView.as_view(), name="all-pacs-studies"),
    path("pacs/<uuid:pacs_id>/studies", searches.PacsStudiesView.as_view(), name="pacs-studies"),
    path("cases/<uuid:case_id>/studies", views.CaseStudiesView.as_view(), name="case-studies"),
    path(
        "cases/<uuid:case_id>/studies/<str:study_uid>/retry",
        views.RetryStudyView.as_view(),
        name="study-retry",
    ),
    path(
        "cases/<uuid:case_id>/studies/<str:study_uid>/ticket",
        views.StudyTicketView.as_view(),
        name="study-ticket",
    ),
    path(
        "cases/<uuid:case_id>/studies/<str:study_uid>/series/<str:series_uid>/thumbnail",
        views.SeriesThumbnailView.as_view(),
        name="series-thumbnail",
    ),
    path(
        "cases/<uuid:case_id>/registrations",
        registrations.CaseRegistrationsView.as_view(),
        name="case-registrations",
    ),
    path(
        "cases/<uuid:case_id>/radiotherapy",
        radiotherapy.CaseRadiotherapyView.as_view(),
        name="case-radiotherapy",
    ),
    path(f"{REGION}/contours", radiotherapy.RegionContoursView.as_view(), name="region-contours"),
    path(f"{REGION}/dvh", radiotherapy.RegionDvhView.as_view(), name="region-dvh"),
    path(
        "cases/<uuid:case_id>/studies/<str:study_uid>/series/<str:series_uid>/clearance",
        clearances.SeriesClearanceView.as_view(),
        name="series-clearance",
    ),
    path(
        "cases/<uuid:case_id>/documents",
        documents.CaseDocumentsView.as_view(),
        name="case-documents",
    ),
    path(
        "cases/<uuid:case_id>/documents/<uuid:instance_id>",
        documents.CaseDocumentView.as_view(),
        name="case-document",
    ),
    path(
        "cases/<uuid:case_id>/documents/<uuid:instance_id>/pages/<int:page>",
        documents.DocumentPageView.as_view(),
        name="document-page",
    ),
    path(
        "cases/<uuid:case_id>/documents/<uuid:instance_id>/pages/<int:page>/text",
        documents.DocumentPageTextView.as_view(),
        name="document-page-text",
    ),
    path(
        "cases/<uuid:case_id>/segmentations",
        views.CaseSegmentationsView.as_view(),
        name="case-segmentations",
    ),
    path(
        f"{SEGMENT}/mask",
        views.SegmentMaskView.as_view(),
        name="segment-mask",
    ),
    path(
        f"{SEGMENT}/mask-geometry",
        views.SegmentMaskGeometryView.as_view(),
        name="segment-mask-geometry",
    ),
    path("tokens", views.TokensView.as_view(), name="tokens"),
    path("tokens/<uuid:token_id>", views.TokenView.as_view(), name="token-detail"),
    path("cases/<uuid:case_id>/priors", priors.CasePriorsView.as_view(), name="case-priors"),
    path("imports", imports.ImportsView.as_view(), name="imports"),
    path("imports/uploads", imports.UploadsView.as_view(), name="import-uploads"),
    path("imports/<uuid:import_id>", imports.ImportDetailView.as_view(), name="import-detail"),
    path(
        "imports/<uuid:import_id>/content",
        imports.ImportContentView.as_view(),
        name="import-content",
    ),
    path("imports/<uuid:import_id>/omit", imports.OmitFileView.as_view(), name="import-omit"),
    path(
        "imports/<uuid:import_id>/reconcile",
        imports.ReconcileView.as_view(),
        name="import-reconcile",
    ),
]
