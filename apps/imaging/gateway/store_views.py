"""STOW-RS into a case, and the case's own resources with both transactions; thin."""

from uuid import UUID

import orjson
from django.http import HttpResponse, HttpResponseBase
from rest_framework.request import Request

from apps.imaging import policies, services
from apps.imaging.gateway import stow
from apps.imaging.gateway.base import DICOM_JSON, DICOM_XML, JSON, GatewayView, choose_media
from apps.imaging.gateway.capabilities import Offer, as_json
from apps.imaging.gateway.native_xml import to_xml
from apps.imaging.gateway.query_views import StudiesQueryView
from apps.imaging.gateway.retrieve_views import RetrieveView

STORE = Offer(
    "POST",
    "StoreInstances",
    media=(DICOM_JSON, DICOM_XML),
    takes=('multipart/related; type="application/dicom"',),
)


class StoreMixin(GatewayView):
    def post(self, request: Request, case_id: UUID, study_uid: str = "") -> HttpResponse:
        media = choose_media(request, (DICOM_JSON, JSON, DICOM_XML))
        http = request._request
        boundary = stow.boundary_of(http.headers.get("Content-Type", ""))
        parent = services.receive_objects(
            actor=self.actor,
            case_id=case_id,
            parts=stow.read_parts(http, boundary=boundary),
            study_instance_uid=study_uid,
        )
        status, document = stow.describe(self.root(), parent)
        body = to_xml(document) if media == DICOM_XML else orjson.dumps(document)
        return HttpResponse(body, status=status, content_type=media)


class StudiesView(StudiesQueryView, StoreMixin):
    """All studies of the case: search, and store into any."""

    policies = {"get": policies.read_dicomweb, "post": policies.store_dicomweb}
    offers = (*StudiesQueryView.offers, STORE)


class StudyView(RetrieveView, StoreMixin):
    """One study: retrieve, and store into it."""

    policies = {"get": policies.read_dicomweb, "post": policies.store_dicomweb}
    offers = (*RetrieveView.offers, STORE)


class ServiceView(GatewayView):
    """The root of the case's DICOMweb service; GET says what OPTIONS says."""

    offers = (*StudiesView.offers, *RetrieveView.offers)

    def get(self, request: Request, case_id: UUID) -> HttpResponseBase:
        return HttpResponse(as_json(request.path, self.offers), content_type=JSON)
