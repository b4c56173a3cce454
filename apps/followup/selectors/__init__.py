"""Reads of follow-up, scoped to the actor."""

from apps.followup.selectors.cases import CaseFollowUp, follow_up_of_case
from apps.followup.selectors.tasks import (
    TaskList,
    get_task,
    list_results,
    list_tasks,
    may_work_on,
    tasks_of_case,
)

__all__ = [
    "CaseFollowUp",
    "TaskList",
    "follow_up_of_case",
    "get_task",
    "list_results",
    "list_tasks",
    "may_work_on",
    "tasks_of_case",
]
