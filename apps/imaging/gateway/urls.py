from django.urls import path

from apps.imaging.gateway import query_views, rendered_views, retrieve_views, store_views

CASE = "cases/<uuid:case_id>"
STUDY = CASE + "/studies/<str:study_uid>"
SERIES = STUDY + "/series/<str:series_uid>"
INSTANCE = SERIES + "/instances/<str:sop_uid>"
FRAMES = INSTANCE + "/frames/<str:frames>"

search_series = query_views.SeriesQueryView.as_view()
search_instances = query_views.InstancesQueryView.as_view()
metadata = retrieve_views.MetadataView.as_view()
retrieve = retrieve_views.RetrieveView.as_view()
rendered = rendered_views.RenderedView.as_view()
thumbnail = rendered_views.ThumbnailView.as_view()

urlpatterns = [
    path(CASE, store_views.ServiceView.as_view(), name="dicomweb-service"),
    path(CASE + "/studies", store_views.StudiesView.as_view(), name="dicomweb-studies"),
    path(CASE + "/series", search_series, name="dicomweb-all-series"),
    path(CASE + "/instances", search_instances, name="dicomweb-all-instances"),
    path(STUDY, store_views.StudyView.as_view(), name="dicomweb-study"),
    path(STUDY + "/metadata", metadata, name="dicomweb-study-metadata"),
    path(STUDY + "/rendered", rendered, name="dicomweb-study-rendered"),
    path(STUDY + "/thumbnail", thumbnail, name="dicomweb-study-thumbnail"),
    path(STUDY + "/series", search_series, name="dicomweb-series-query"),
    path(STUDY + "/instances", search_instances, name="dicomweb-study-instances"),
    path(SERIES, retrieve, name="dicomweb-series"),
    path(SERIES + "/metadata", metadata, name="dicomweb-series-metadata"),
    path(SERIES + "/rendered", rendered, name="dicomweb-series-rendered"),
    path(SERIES + "/thumbnail", thumbnail, name="dicomweb-thumbnail"),
    path(SERIES + "/instances", search_instances, name="dicomweb-instances"),
    path(INSTANCE, retrieve, name="dicomweb-instance"),
    path(INSTANCE + "/metadata", metadata, name="dicomweb-metadata"),
    path(INSTANCE + "/rendered", rendered, name="dicomweb-rendered"),
    path(INSTANCE + "/thumbnail", thumbnail, name="dicomweb-instance-thumbnail"),
    path(FRAMES, retrieve_views.FramesView.as_view(), name="dicomweb-frames"),
    path(FRAMES + "/rendered", rendered, name="dicomweb-frame-rendered"),
    path(FRAMES + "/thumbnail", thumbnail, name="dicomweb-frame-thumbnail"),
    path(
        INSTANCE + "/bulkdata/<str:path>",
        retrieve_views.BulkDataView.as_view(),
        name="dicomweb-bulkdata",
    ),
]
