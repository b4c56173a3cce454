"""Studies in the PACS: one search over all of them, or over one."""

import re
from datetime import date
from typing import Any
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api.views import ConsiliumView
from apps.imaging import policies, services
from apps.imaging.pacs import QidoStudy
from apps.imaging.services.searching import SEARCH_KEYS, FoundStudy, PacsAnswer, Search

SEARCH_PARAMETERS = [OpenApiParameter(name, OpenApiTypes.STR) for name in SEARCH_KEYS]


class HolderSerializer(serializers.Serializer[Any]):
    """A PACS that holds a study, and how much of it."""

    pacs = serializers.UUIDField()
    name = serializers.CharField()
    series_count = serializers.IntegerField(allow_null=True)
    instance_count = serializers.IntegerField(allow_null=True)
    is_same_patient = serializers.BooleanField(help_text="As the first holder's.")


class FoundStudySerializer(serializers.Serializer[Any]):
    """One study as the first PACS that holds it describes it."""

    study_instance_uid = serializers.CharField()
    study_date = serializers.CharField(allow_null=True)
    study_time = serializers.CharField()
    description = serializers.CharField()
    modalities = serializers.ListField(child=serializers.CharField())
    accession_number = serializers.CharField()
    patient_id = serializers.CharField()
    issuer = serializers.CharField()
    patient_name = serializers.CharField()
    birth_date = serializers.CharField(allow_null=True)
    sex = serializers.CharField()
    series_count = serializers.IntegerField(allow_null=True)
    instance_count = serializers.IntegerField(allow_null=True)
    held_by = HolderSerializer(many=True, help_text="In order of priority.")


class SearchErrorSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    message = serializers.CharField()


class PacsAnswerSerializer(serializers.Serializer[Any]):
    """What one PACS answered to a search."""

    pacs = serializers.UUIDField()
    name = serializers.CharField()
    found = serializers.IntegerField(allow_null=True, help_text="Null when it did not answer.")
    is_truncated = serializers.BooleanField(help_text="It has more than is shown.")
    error = SearchErrorSerializer(allow_null=True)


class FoundStudiesSerializer(serializers.Serializer[Any]):
    results = FoundStudySerializer(many=True)
    answers = PacsAnswerSerializer(many=True, help_text="In order of priority.")


class AllPacsStudiesView(ConsiliumView):
    """A PACS that does not answer is named in ``answers``; the others' studies are there."""

    policies = {"get": policies.search_pacs}

    @extend_schema(
        parameters=SEARCH_PARAMETERS,
        responses=FoundStudiesSerializer,
        operation_id="pacs_studies_search_all",
    )
    def get(self, request: Request) -> Response:
        found = services.search_studies(actor=self.actor, filters=_filters(request))
        return Response(show_search(found))


class PacsStudiesView(ConsiliumView):
    policies = {"get": policies.search_pacs}

    @extend_schema(parameters=SEARCH_PARAMETERS, responses=FoundStudiesSerializer)
    def get(self, request: Request, pacs_id: UUID) -> Response:
        found = services.search_studies(
            actor=self.actor, pacs_id=pacs_id, filters=_filters(request)
        )
        return Response(show_search(found))


def show_search(search: Search) -> dict[str, Any]:
    return {
        "results": [_show_study(one) for one in search.studies],
        "answers": [_show_answer(one) for one in search.answers],
    }


def show_found(found: QidoStudy) -> dict[str, Any]:
    return {
        "study_instance_uid": found.study_instance_uid,
        "study_date": _iso(found.study_date),
        "study_time": found.study_time,
        "description": found.description,
        "modalities": list(found.modalities),
        "accession_number": found.accession_number,
        "patient_id": found.patient_id,
        "issuer": found.issuer_of_patient_id,
        "patient_name": found.patient_name,
        "birth_date": _iso(found.birth_date),
        "sex": found.sex,
        "series_count": found.series_count,
        "instance_count": found.instance_count,
    }


def _show_study(found: FoundStudy) -> dict[str, Any]:
    holders = [
        {
            "pacs": str(one.pacs.pk),
            "name": one.pacs.name,
            "series_count": one.study.series_count,
            "instance_count": one.study.instance_count,
            "is_same_patient": one.is_same_patient,
        }
        for one in found.holders
    ]
    return show_found(found.study) | {"held_by": holders}


def _show_answer(answer: PacsAnswer) -> dict[str, Any]:
    error = answer.error
    return {
        "pacs": str(answer.pacs.pk),
        "name": answer.pacs.name,
        "found": None if error else len(answer.studies),
        "is_truncated": answer.is_truncated,
        "error": {"code": error.error_code, "message": error.message} if error else None,
    }


def _filters(request: Request) -> dict[str, str]:
    return {key: request.query_params.get(key, "") for key in SEARCH_KEYS}


def _iso(raw: str) -> str | None:
    """A DICOM date as ISO 8601; None when it is absent or no date of the calendar."""
    if not re.fullmatch(r"[0-9]{8}", raw):
        return None
    try:
        return date(int(raw[:4]), int(raw[4:6]), int(raw[6:])).isoformat()
    except ValueError:
        return None
