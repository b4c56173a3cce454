"""What lists of results are asked with."""

from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from apps.core.exceptions import InvalidInput

CASE_PARAMETER = OpenApiParameter("case", OpenApiTypes.UUID, description="The case looked at.")


def read_case(request: Request) -> UUID | None:
    raw = request.query_params.get("case", "")
    try:
        return UUID(raw) if raw else None
    except ValueError:
        raise InvalidInput("This is not the id of a case.") from None


def read_version(raw: str) -> UUID:
    try:
        return UUID(raw)
    except ValueError:
        raise InvalidInput("This is not the id of a version.") from None
