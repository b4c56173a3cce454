from django.urls import path

from apps.imaging.gateway import views

CASE = "cases/<uuid:case_id>/"
STUDY = CASE + "studies/<str:study_uid>"
SERIES = STUDY + "/series/<str:series_uid>"
INSTANCE = SERIES + "/instances/<str:sop_uid>"
urlpatterns = [
    path(CASE + "studies", views.StudiesView.as_view(), name="dicomweb-studies"),
    path(CASE + "series", views.SeriesQueryView.as_view(), name="dicomweb-all-series"),
    path(CASE + "instances", views.InstancesQueryView.as_view(), name="dicomweb-all-instances"),
    path(STUDY, views.RetrieveView.as_view(), name="dicomweb-study"),
    path(STUDY + "/metadata", views.MetadataView.as_view(), name="dicomweb-study-metadata"),
    path(STUDY + "/series", views.SeriesQueryView.as_view(), name="dicomweb-series-query"),
    path(STUDY + "/instances", views.InstancesQueryView.as_view(), name="dicomweb-study-instances"),
    path(SERIES, views.RetrieveView.as_view(), name="dicomweb-series"),
    path(SERIES + "/metadata", views.MetadataView.as_view(), name="dicomweb-series-metadata"),
    path(SERIES + "/instances", views.InstancesQueryView.as_view(), name="dicomweb-instances"),
    path(SERIES + "/thumbnail", views.SeriesThumbnailView.as_view(), name="dicomweb-thumbnail"),
    path(INSTANCE, views.RetrieveView.as_view(), name="dicomweb-instance"),
    path(INSTANCE + "/metadata", views.MetadataView.as_view(), name="dicomweb-metadata"),
    path(INSTANCE + "/rendered", views.RenderedView.as_view(), name="dicomweb-rendered"),
    path(INSTANCE + "/frames/<str:frames>", views.FramesView.as_view(), name="dicomweb-frames"),
    path(
        INSTANCE + "/frames/<str:frames>/rendered",
        views.RenderedView.as_view(),
        name="dicomweb-frame-rendered",
    ),
    path(INSTANCE + "/bulkdata/<str:tag>", views.BulkDataView.as_view(), name="dicomweb-bulkdata"),
]
