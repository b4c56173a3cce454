"""What the AI floor hears and offers for rules and urgency; called once at start."""

from apps.ai.events import FindingReviewed, FindingsAdded
from apps.ai.selectors.urgency import summarise_urgency
from apps.ai.services.alerts import acknowledge_by_review, raise_for_findings, raise_for_study
from apps.ai.services.automation_runs import owe_rules, owe_rules_of_board
from apps.ai.services.tiers import apply_budgets_now_and_then
from apps.cases.events import AccessChanged
from apps.core.events import subscribe
from apps.core.registry import case_summaries, periodic
from apps.imaging.events import StudyReady


def follow_events() -> None:
    """Everything here runs inside the transaction that did the work, or by the ticker."""
    subscribe(StudyReady, owe_rules)
    subscribe(StudyReady, raise_for_study)
    subscribe(AccessChanged, owe_rules_of_board)
    subscribe(FindingsAdded, raise_for_findings)
    subscribe(FindingReviewed, acknowledge_by_review)
    case_summaries.register("ai.urgency", summarise_urgency)
    periodic.register("ai.budgets", apply_budgets_now_and_then)
