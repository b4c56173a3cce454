"""Models, their versions, and what people do with a version, over REST."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.ai import policies, selectors, services
from apps.ai.api import model_serializers as shapes
from apps.core.api.schema import page_of
from apps.core.api.views import ConsiliumView

DETAIL = shapes.VersionDetailSerializer


class ModelsView(ConsiliumView):
    policies = {"get": policies.view_models}

    @extend_schema(operation_id="api_models_list", responses=page_of(shapes.ModelSerializer))
    def get(self, request: Request) -> Response:
        models = list(selectors.list_models())
        data = shapes.ModelSerializer(models, many=True, context={"actor": self.actor}).data
        return Response({"next": None, "previous": None, "results": data})


class _VersionView(ConsiliumView):
    """Answers with the version as it is afterwards."""

    def show(self, version_id: UUID, status: int = 200) -> Response:
        version = selectors.get_version(version_id=version_id)
        return Response(DETAIL(version, context={"actor": self.actor}).data, status=status)

    def read(self, request: Request, shape: type[Any]) -> dict[str, Any]:
        said = shape(data=request.data)
        said.is_valid(raise_exception=True)
        return dict(said.validated_data)


class VersionView(_VersionView):
    policies = {"get": policies.view_models}

    @extend_schema(responses=DETAIL)
    def get(self, request: Request, version_id: UUID) -> Response:
        return self.show(version_id)


class ApproveVersionView(_VersionView):
    """The word for a content: its code may be evaluated in the runner."""

    policies = {"post": policies.approve_model}

    @extend_schema(request=shapes.ShownContentSerializer, responses=DETAIL)
    def post(self, request: Request, version_id: UUID) -> Response:
        said = self.read(request, shapes.ShownContentSerializer)
        services.approve_version(actor=self.actor, version_id=version_id, **said)
        return self.show(version_id)


class ProposeVersionView(_VersionView):
    """AI administration proposes a content for use."""

    policies = {"post": policies.administer_model}

    @extend_schema(request=shapes.ProposeSerializer, responses=DETAIL)
    def post(self, request: Request, version_id: UUID) -> Response:
        said = self.read(request, shapes.ProposeSerializer)
        services.propose_activation(actor=self.actor, version_id=version_id, **said)
        return self.show(version_id)


class ConfirmVersionView(_VersionView):
    """A clinician puts what was proposed into use."""

    policies = {"post": policies.confirm_activation}

    @extend_schema(request=shapes.ShownContentSerializer, responses=DETAIL)
    def post(self, request: Request, version_id: UUID) -> Response:
        said = self.read(request, shapes.ShownContentSerializer)
        services.confirm_activation(actor=self.actor, version_id=version_id, **said)
        return self.show(version_id)


class DeclineVersionView(_VersionView):
    policies = {"post": policies.approve_model}

    @extend_schema(request=None, responses=DETAIL)
    def post(self, request: Request, version_id: UUID) -> Response:
        services.decline_activation(actor=self.actor, version_id=version_id)
        return self.show(version_id)


class ShadowVersionView(_VersionView):
    policies = {"post": policies.administer_model}

    @extend_schema(request=shapes.ReasonWriteSerializer, responses=DETAIL)
    def post(self, request: Request, version_id: UUID) -> Response:
        said = self.read(request, shapes.ReasonWriteSerializer)
        services.put_into_shadow(actor=self.actor, version_id=version_id, **said)
        return self.show(version_id)


class SuspendVersionView(_VersionView):
    policies = {"post": policies.administer_model}

    @extend_schema(request=shapes.ReasonWriteSerializer, responses=DETAIL)
    def post(self, request: Request, version_id: UUID) -> Response:
        said = self.read(request, shapes.ReasonWriteSerializer)
        services.suspend_version(actor=self.actor, version_id=version_id, **said)
        return self.show(version_id)


class RetireVersionView(_VersionView):
    policies = {"post": policies.administer_model}

    @extend_schema(request=shapes.ReasonWriteSerializer, responses=DETAIL)
    def post(self, request: Request, version_id: UUID) -> Response:
        said = self.read(request, shapes.ReasonWriteSerializer)
        services.retire_version(actor=self.actor, version_id=version_id, **said)
        return self.show(version_id)


class RollBackVersionView(_VersionView):
    """The version that was in use before comes back at once."""

    policies = {"post": policies.administer_model}

    @extend_schema(request=shapes.RollBackSerializer, responses=DETAIL)
    def post(self, request: Request, version_id: UUID) -> Response:
        said = self.read(request, shapes.RollBackSerializer)
        services.roll_back(actor=self.actor, version_id=version_id, **said)
        return self.show(version_id)
