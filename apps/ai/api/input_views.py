"""Which series a model would read of a study, and why."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.ai import policies
from apps.ai.api.input_serializers import ModelInputsSerializer, describe_inputs
from apps.ai.services.input_proposals import propose_inputs
from apps.core.api.views import ConsiliumView


class ModelInputsView(ConsiliumView):
    """The inputs of a model with the series its rules choose; nothing is asked for yet."""

    policies = {"get": policies.run_model}

    @extend_schema(responses=ModelInputsSerializer)
    def get(self, request: Request, case_id: UUID, study_uid: str, model_id: UUID) -> Response:
        version, inputs = propose_inputs(
            actor=self.actor, case_id=case_id, study_instance_uid=study_uid, model_id=model_id
        )
        return Response(describe_inputs(version, inputs))
