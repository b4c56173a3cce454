from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api.views import ConsiliumView
from apps.core.exceptions import InvalidInput
from apps.terminology import policies, selectors
from apps.terminology.api.serializers import (
    CodeSystemsSerializer,
    FoundCodesSerializer,
    TerminologyQuerySerializer,
)
from apps.terminology.choices import SYSTEMS


class TerminologyView(ConsiliumView):
    """At most twenty codes for what was typed, the best first."""

    policies = {"get": policies.look_up_codes}

    @extend_schema(parameters=[TerminologyQuerySerializer], responses=FoundCodesSerializer)
    def get(self, request: Request) -> Response:
        query = TerminologyQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        wanted = query.validated_data
        system = wanted["system"]
        if not selectors.knows_system(system):
            raise InvalidInput("No such code system.", code="system_unknown")
        found = selectors.find_codes(system=system, text=wanted["q"], limit=wanted["limit"])
        rows = [
            {
                "system": system,
                "code": one.concept.code,
                "display": one.concept.display,
                "matched": one.matched,
                "source": one.concept.source,
            }
            for one in found
        ]
        known = SYSTEMS.get(system)
        return Response({"results": rows, "extent": known.extent if known else ""})


class CodeSystemsView(ConsiliumView):
    policies = {"get": policies.look_up_codes}

    @extend_schema(responses=CodeSystemsSerializer)
    def get(self, request: Request) -> Response:
        return Response({"results": selectors.describe_systems()})
