"""Every change to follow-up."""

from apps.followup.services.closing import close_case, refuse_open_follow_up
from apps.followup.services.findings import assign_incidental, mark_incidental, unmark_incidental
from apps.followup.services.outcomes import record_outcome, record_presentation
from apps.followup.services.planning import make_tasks, plan_follow_up
from apps.followup.services.results import record_result
from apps.followup.services.rules import set_rule
from apps.followup.services.tasks import change_task, hand_over_task

__all__ = [
    "assign_incidental",
    "change_task",
    "close_case",
    "hand_over_task",
    "make_tasks",
    "mark_incidental",
    "plan_follow_up",
    "record_outcome",
    "record_presentation",
    "record_result",
    "refuse_open_follow_up",
    "set_rule",
    "unmark_incidental",
]
