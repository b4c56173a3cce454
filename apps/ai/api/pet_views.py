"""PET over REST: whole-body burden of a case, and where a drawn liver lies."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.ai import policies
from apps.ai.api import pet_serializers as shapes
from apps.ai.liver_points import liver_point
from apps.ai.selectors.pet_burden import pet_burdens
from apps.core.api.views import ConsiliumView


class PetBurdenView(ConsiliumView):
    """Total metabolic volume, glycolysis and number of lesions, over accepted lesions only."""

    policies = {"get": policies.read_results}

    @extend_schema(responses=shapes.PetBurdensSerializer)
    def get(self, request: Request, case_id: UUID) -> Response:
        burdens = [shapes.describe_burden(one) for one in pet_burdens(case_id=case_id)]
        return Response(shapes.PetBurdensSerializer({"results": burdens}).data)


class LiverPointView(ConsiliumView):
    """The point in a drawn liver that a PET run may take as its reference."""

    policies = {"get": policies.measure_segment}

    @extend_schema(responses=shapes.LiverPointSerializer)
    def get(self, request: Request, segmentation_id: UUID, segment: int) -> Response:
        found = liver_point(actor=self.actor, segmentation_id=segmentation_id, segment=segment)
        return Response(shapes.LiverPointSerializer(found).data)
