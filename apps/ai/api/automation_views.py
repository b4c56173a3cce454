"""Automatic rules over REST."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.ai import policies, urgency_policies
from apps.ai.api import automation_serializers as shapes
from apps.ai.models import AutomationRule
from apps.ai.selectors import automation as selectors
from apps.ai.services import automation as services
from apps.ai.services.automation_runs import try_rule
from apps.core.actors import Actor
from apps.core.api.pagination import StandardCursorPagination
from apps.core.api.schema import page_of
from apps.core.api.views import ConsiliumView


def show_rules(*, actor: Actor, rules: list[AutomationRule]) -> list[dict[str, Any]]:
    mine, named = selectors.boards_to_rule(actor=actor), selectors.all_boards()
    runs = selectors.last_runs(rule_ids=[rule.pk for rule in rules])
    is_admin = actor.is_person and actor.has_role(policies.AI_ADMIN)
    return [
        shapes.describe_rule(
            rule=rule,
            boards=named,
            may_change=is_admin or rule.board_id in mine,
            last_run=runs.get(rule.pk),
        )
        for rule in rules
    ]


class AutomationRulesView(ConsiliumView):
    policies = {"get": urgency_policies.view_rules, "post": urgency_policies.view_rules}

    @extend_schema(responses=shapes.AutomationRulesSerializer)
    def get(self, request: Request) -> Response:
        rules = list(selectors.list_rules(actor=self.actor))
        boards = selectors.boards_to_rule(actor=self.actor)
        shown = {
            "results": show_rules(actor=self.actor, rules=rules),
            "boards": [{"id": pk, "name": name} for pk, name in boards.items()],
            "may_make_house_rules": self.actor.has_role(policies.AI_ADMIN),
        }
        return Response(shapes.AutomationRulesSerializer(shown).data)

    @extend_schema(
        request=shapes.AutomationRuleWriteSerializer,
        responses={201: shapes.AutomationRuleSerializer},
    )
    def post(self, request: Request) -> Response:
        """The board is in the body, so the service asks ``manage_rules`` itself."""
        body = shapes.AutomationRuleWriteSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        rule = services.create_rule(actor=self.actor, **body.to_fields())
        return Response(_show(self.actor, rule), status=status.HTTP_201_CREATED)


class AutomationRuleView(ConsiliumView):
    policies = {"get": urgency_policies.view_rule, "patch": urgency_policies.change_rule}

    @extend_schema(responses=shapes.AutomationRuleSerializer)
    def get(self, request: Request, rule_id: UUID) -> Response:
        return Response(_show(self.actor, AutomationRule.objects.get(pk=rule_id)))

    @extend_schema(
        request=shapes.AutomationRuleWriteSerializer(partial=True),
        responses=shapes.AutomationRuleSerializer,
    )
    def patch(self, request: Request, rule_id: UUID) -> Response:
        body = shapes.AutomationRuleWriteSerializer(data=request.data, partial=True)
        body.is_valid(raise_exception=True)
        rule = services.change_rule(
            actor=self.actor,
            rule_id=rule_id,
            version=self.read_version(),
            changes=body.to_fields(),
        )
        return Response(_show(self.actor, rule))


class AutomationRunsView(ConsiliumView):
    policies = {"get": urgency_policies.view_rule}

    @extend_schema(responses=page_of(shapes.AutomationRunSerializer))
    def get(self, request: Request, rule_id: UUID) -> Response:
        pages = StandardCursorPagination()
        runs = selectors.list_runs(rule_id=rule_id)
        page = pages.paginate_queryset(runs, request, view=self) or []
        shown = [shapes.describe_run(run) for run in page]
        return pages.get_paginated_response(shapes.AutomationRunSerializer(shown, many=True).data)


class RuleTrialView(ConsiliumView):
    """Try a rule on the last studies before it is kept; nothing is asked for."""

    policies = {"post": urgency_policies.view_rules}

    @extend_schema(
        request=shapes.AutomationRuleWriteSerializer, responses=shapes.RuleTrialSerializer
    )
    def post(self, request: Request) -> Response:
        body = shapes.AutomationRuleWriteSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        trial = try_rule(rule=services.build_rule(actor=self.actor, **body.to_fields()))
        reasons = [{"reason": reason, "count": count} for reason, count in trial.reasons]
        shown = {"studies": trial.studies, "requested": trial.requested, "reasons": reasons}
        return Response(shapes.RuleTrialSerializer(shown).data)


def _show(actor: Actor, rule: AutomationRule) -> Any:
    return shapes.AutomationRuleSerializer(show_rules(actor=actor, rules=[rule])[0]).data
