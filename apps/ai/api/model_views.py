"""Models and their versions over REST."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.ai import policies, selectors, services
from apps.ai.api import model_serializers as shapes
from apps.core.api.schema import page_of
from apps.core.api.views import ConsiliumView


class ModelsView(ConsiliumView):
    policies = {"get": policies.view_models}

    @extend_schema(operation_id="api_models_list", responses=page_of(shapes.ModelSerializer))
    def get(self, request: Request) -> Response:
        models = list(selectors.list_models())
        data = shapes.ModelSerializer(models, many=True, context={"actor": self.actor}).data
        return Response({"next": None, "previous": None, "results": data})


class _VersionActionView(ConsiliumView):
    policies = {"post": policies.manage_models}
    perform: Any

    def post(self, request: Request, version_id: UUID) -> Response:
        version = type(self).perform(actor=self.actor, version_id=version_id)
        return Response(shapes.ModelVersionSerializer(version, context={"actor": self.actor}).data)


class ApproveVersionView(_VersionActionView):
    policies = {"post": policies.approve_model}
    perform = staticmethod(services.approve_version)

    @extend_schema(request=None, responses=shapes.ModelVersionSerializer)
    def post(self, request: Request, version_id: UUID) -> Response:
        return super().post(request, version_id)


class ActivateVersionView(_VersionActionView):
    perform = staticmethod(services.activate_version)

    @extend_schema(request=None, responses=shapes.ModelVersionSerializer)
    def post(self, request: Request, version_id: UUID) -> Response:
        return super().post(request, version_id)


class SuspendVersionView(_VersionActionView):
    perform = staticmethod(services.suspend_version)

    @extend_schema(request=None, responses=shapes.ModelVersionSerializer)
    def post(self, request: Request, version_id: UUID) -> Response:
        return super().post(request, version_id)
