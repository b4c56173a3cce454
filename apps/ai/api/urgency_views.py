"""Notices of urgent findings, and the tiers and budgets that hold them, over REST."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.ai import policies, urgency_policies
from apps.ai.api import urgency_serializers as shapes
from apps.ai.models import UrgencyTier
from apps.ai.selectors.tiers import measure_tier
from apps.ai.selectors.urgency import list_demotions, open_notices
from apps.ai.services import alerts, tiers
from apps.audit.services import record_entry
from apps.core.actors import Actor
from apps.core.api.views import ConsiliumView


class NoticesView(ConsiliumView):
    """What waits for this person's word: critical findings, and for AI administration demotions."""

    policies = {"get": urgency_policies.read_notices}

    @extend_schema(responses=shapes.UrgencyNoticesSerializer)
    def get(self, request: Request) -> Response:
        return Response(_show(self.actor))


class AcknowledgeNoticeView(ConsiliumView):
    policies = {"post": urgency_policies.acknowledge_notice}

    @extend_schema(request=None, responses=shapes.UrgencyNoticesSerializer)
    def post(self, request: Request, notice_id: UUID) -> Response:
        alerts.acknowledge_notice(actor=self.actor, alert_id=notice_id)
        return Response(_show(self.actor))


class UrgencyTiersView(ConsiliumView):
    policies = {"get": policies.manage_models}

    @extend_schema(responses=shapes.UrgencyTiersSerializer)
    def get(self, request: Request) -> Response:
        rows = UrgencyTier.objects.select_related("model").order_by("model__name", "code_display")
        shown = [shapes.describe_tier(tier=row, figures=measure_tier(tier=row)) for row in rows]
        return Response(shapes.UrgencyTiersSerializer({"results": shown}).data)


class UrgencyTierView(ConsiliumView):
    policies = {"patch": policies.manage_models}

    @extend_schema(
        request=shapes.UrgencyTierPatchSerializer, responses=shapes.UrgencyTierSerializer
    )
    def patch(self, request: Request, tier_id: UUID) -> Response:
        body = shapes.UrgencyTierPatchSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        row = tiers.change_tier(
            actor=self.actor,
            tier_id=tier_id,
            version=self.read_version(),
            changes=dict(body.validated_data),
        )
        shown = shapes.describe_tier(tier=row, figures=measure_tier(tier=row))
        return Response(shapes.UrgencyTierSerializer(shown).data)


class DemotionSeenView(ConsiliumView):
    """An AI administrator took note that a tier is shown as passive now."""

    policies = {"post": policies.manage_models}

    @extend_schema(request=None, responses=shapes.UrgencyNoticesSerializer)
    def post(self, request: Request, tier_id: UUID) -> Response:
        tiers.note_demotion(actor=self.actor, tier_id=tier_id)
        return Response(_show(self.actor))


def _show(actor: Actor) -> object:
    notices = open_notices(actor=actor)
    if notices:
        record_entry(
            actor=actor,
            action="urgency.notices_viewed",
            details={"findings": [str(one.alert.finding_id) for one in notices]},
        )
    shown = {
        "notices": [shapes.describe_notice(one) for one in notices],
        "demotions": [shapes.describe_demotion(one) for one in list_demotions(actor=actor)],
    }
    return shapes.UrgencyNoticesSerializer(shown).data
