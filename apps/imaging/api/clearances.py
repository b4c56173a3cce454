"""REST of clearing withheld pictures for de-identified viewers: thin."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api.views import ConsiliumView
from apps.core.exceptions import NotVisible
from apps.imaging import policies, selectors, services
from apps.imaging.api import serializers
from apps.imaging.models import PictureClearance


class SeriesClearanceView(ConsiliumView):
    """Whether somebody cleared the series' pictures; clear them; take it back."""

    policies = {
        "get": policies.clear_pictures,
        "post": policies.clear_pictures,
        "delete": policies.clear_pictures,
    }

    @extend_schema(responses=serializers.ClearanceSerializer)
    def get(self, request: Request, case_id: UUID, study_uid: str, series_uid: str) -> Response:
        row = selectors.find_clearance(
            actor=self.actor,
            case_id=case_id,
            study_instance_uid=study_uid,
            series_instance_uid=series_uid,
        )
        if row is None:
            raise NotVisible("Nobody has cleared these pictures.", code="not_cleared")
        return Response(_show(row))

    @extend_schema(
        request=serializers.ClearanceWriteSerializer,
        responses={201: serializers.ClearanceSerializer},
    )
    def post(self, request: Request, case_id: UUID, study_uid: str, series_uid: str) -> Response:
        given = serializers.ClearanceWriteSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        row = services.clear_pictures(
            actor=self.actor,
            case_id=case_id,
            study_instance_uid=study_uid,
            series_instance_uid=series_uid,
            **given.validated_data,
        )
        return Response(_show(row), status=201)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, case_id: UUID, study_uid: str, series_uid: str) -> Response:
        services.withhold_pictures(
            actor=self.actor,
            case_id=case_id,
            study_instance_uid=study_uid,
            series_instance_uid=series_uid,
        )
        return Response(status=204)


def _show(row: PictureClearance) -> dict[str, object]:
    by = row.cleared_by
    return {
        "id": str(row.pk),
        "cleared_by": by.display_name if by else "",
        "cleared_at": row.created_at.isoformat(),
        "statement": row.statement,
    }
