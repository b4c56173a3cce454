"""JSON out, with the content type of RFC 9457 on errors."""

from collections.abc import Mapping
from typing import Any

from rest_framework.renderers import JSONRenderer

from apps.core.api.problems import CONTENT_TYPE


class ProblemJSONRenderer(JSONRenderer):
    """JSON whose error answers say ``application/problem+json``."""

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        response = (renderer_context or {}).get("response")
        if response is not None and response.status_code >= 400:
            response["Content-Type"] = CONTENT_TYPE
        return super().render(data, accepted_media_type, renderer_context)
