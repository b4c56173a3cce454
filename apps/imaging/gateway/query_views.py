"""QIDO-RS over one case; thin: resolve, match, answer."""

from collections.abc import Callable
from typing import ClassVar
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from rest_framework.request import Request

from apps.imaging.gateway import query, records
from apps.imaging.gateway.access import CaseRoot
from apps.imaging.gateway.base import (
    DICOM_JSON,
    DICOM_XML,
    GatewayView,
    answer_documents,
    choose_document_form,
)
from apps.imaging.gateway.capabilities import Offer

SEARCH_MEDIA = (DICOM_JSON, f'multipart/related; type="{DICOM_XML}"')
AI_HIDDEN = "ai_hidden: AI results are left out until the images have been read."
PAGING = ("limit", "offset", "includefield", "fuzzymatching")


def search(name: str) -> Offer:
    return Offer("GET", name, parameters=PAGING, media=SEARCH_MEDIA)


def warn(response: HttpResponseBase, *warnings: str) -> None:
    """``Warning: 299`` (PS3.18 8.3.4.4); the words are ours, nothing sent is echoed in them."""
    if warnings:
        response["Warning"] = ", ".join(f'299 consilium "{one}"' for one in warnings)


class QueryView(GatewayView):
    """One level of the case; 204 when nothing matches (PS3.18 10.6.3.1)."""

    level = ""

    def answer(
        self,
        request: Request,
        find: Callable[[CaseRoot, query.Query], list[query.Record]],
    ) -> HttpResponse:
        choose_document_form(request)
        wanted = query.read_query(request.query_params, matchable=records.MATCHABLE[self.level])
        root = self.root()
        matching = query.select(find(root, wanted), wanted)
        root.note_query()
        if withheld := root.count_withheld(root.studies()):
            wanted.warnings.append(f"{withheld} series are withheld from this view.")
        if root.is_ai_hidden:
            wanted.warnings.append(AI_HIDDEN)
        if matching:
            ordered = [{tag: one[tag] for tag in sorted(one)} for one in matching]
            response = answer_documents(request, ordered)
        else:
            response = HttpResponse(status=204)
        warn(response, *wanted.warnings)
        return response


class StudiesQueryView(QueryView):
    level = "studies"
    offers: ClassVar[tuple[Offer, ...]] = (search("SearchForStudies"),)

    def get(self, request: Request, case_id: UUID) -> HttpResponse:
        return self.answer(
            request, lambda root, wanted: records.study_records(root, root.studies(), wanted)
        )


class SeriesQueryView(QueryView):
    """Series of the case or of one study."""

    level = "series"
    offers: ClassVar[tuple[Offer, ...]] = (search("SearchForSeries"),)

    def get(self, request: Request, case_id: UUID, study_uid: str = "") -> HttpResponse:
        def find(root: CaseRoot, wanted: query.Query) -> list[query.Record]:
            studies = [root.study(study_uid)] if study_uid else root.studies()
            return records.series_records(root, root.holdings(studies), wanted)

        return self.answer(request, find)


class InstancesQueryView(QueryView):
    """Instances of the case, of one study or of one series."""

    level = "instances"
    offers: ClassVar[tuple[Offer, ...]] = (search("SearchForInstances"),)

    def get(
        self, request: Request, case_id: UUID, study_uid: str = "", series_uid: str = ""
    ) -> HttpResponse:
        def find(root: CaseRoot, wanted: query.Query) -> list[query.Record]:
            if series_uid:
                holdings = [root.holding(study_uid, series_uid)]
            else:
                studies = [root.study(study_uid)] if study_uid else root.studies()
                holdings = root.holdings(studies)
            return records.instance_records(root, holdings, wanted)

        return self.answer(request, find)
