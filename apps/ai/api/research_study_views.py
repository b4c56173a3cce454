"""Research data of a whole study as a person chooses it: what would leave, where a mask lies."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.ai import policies
from apps.ai.api.research_study_serializers import (
    NiftiMaskMatchSerializer,
    NiftiMaskMatchWriteSerializer,
    ResearchStudySerializer,
    describe_match,
    describe_stack,
)
from apps.ai.api.research_views import BoundedMultiPartParser, ResearchPerPerson
from apps.ai.research.contents import describe_study
from apps.ai.research.matching import match_mask
from apps.core.api.views import ConsiliumView


class StudyNiftiView(ConsiliumView):
    """Every stack of the study with the masks that would go with it; nothing leaves yet."""

    policies = {"get": policies.export_research}

    @extend_schema(responses=ResearchStudySerializer)
    def get(self, request: Request, case_id: UUID, study_uid: str) -> Response:
        found = describe_study(actor=self.actor, case_id=case_id, study_instance_uid=study_uid)
        return Response(
            {"is_deidentified": False, "results": [describe_stack(one) for one in found]}
        )


class NiftiMaskMatchView(ConsiliumView):
    """The series of the study on whose voxels a NIfTI mask lies; nothing is kept."""

    policies = {"post": policies.import_mask}
    throttle_classes = (ResearchPerPerson,)
    parser_classes = (BoundedMultiPartParser,)

    @extend_schema(
        request={"multipart/form-data": NiftiMaskMatchWriteSerializer},
        responses=NiftiMaskMatchSerializer,
    )
    def post(self, request: Request, case_id: UUID, study_uid: str) -> Response:
        body = NiftiMaskMatchWriteSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        sidecar = given.get("sidecar")
        found = match_mask(
            actor=self.actor,
            case_id=case_id,
            study_instance_uid=study_uid,
            mask=given["mask"].read(),
            file_name=given["mask"].name or "mask.nii.gz",
            sidecar=sidecar.read() if sidecar is not None else None,
        )
        return Response(describe_match(found))
