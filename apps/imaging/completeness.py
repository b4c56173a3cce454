"""How complete a case's images are, by the PACS's own counts: never better than what is known."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Min, Q, Sum

from apps.cases.access import standings
from apps.core.actors import Actor
from apps.imaging.choices import ImagesState, StudyState
from apps.imaging.models import CaseStudy, Study


def summarise_images(*, actor: Actor, case_ids: Iterable[UUID]) -> dict[UUID, dict[str, Any]]:
    """``images`` per case that has any, in one query: studies and objects ready, of how many."""
    ids = list(standings(actor=actor, case_ids=case_ids))
    never_checked = Q(study__pacs__isnull=False, study__source_checked_at__isnull=True)
    counted = (
        CaseStudy.objects.filter(case_id__in=ids)
        .values("case_id")
        .annotate(
            total=Count("pk"),
            ready=Count("pk", filter=Q(study__state=StudyState.READY)),
            objects_ready=Sum("study__done_instances"),
            objects_total=Sum("study__total_instances"),
            unknown=Count("pk", filter=never_checked),
            unreachable_since=Min("study__pacs__unreachable_since"),
            checked_at=Max("study__source_checked_at"),
        )
    )
    summaries: dict[UUID, dict[str, Any]] = {}
    for row in counted:
        state = judge(
            is_complete=row["ready"] == row["total"]
            and row["objects_ready"] == row["objects_total"],
            is_known=not row["unknown"],
            unreachable_since=row["unreachable_since"],
        )
        summaries[row["case_id"]] = {
            "images": {
                "ready": row["ready"],
                "total": row["total"],
                "objects_ready": row["objects_ready"],
                "objects_total": row["objects_total"],
                "state": state.value,
                "unreachable_since": _iso(row["unreachable_since"]),
                "checked_at": _iso(row["checked_at"]),
            }
        }
    return summaries


def describe_source(study: Study) -> dict[str, Any]:
    """The same for one study."""
    since = study.pacs.unreachable_since if study.pacs else None
    return {
        "state": judge(
            is_complete=study.state == StudyState.READY
            and study.done_instances == study.total_instances,
            is_known=study.pacs is None or study.source_checked_at is not None,
            unreachable_since=since,
        ).value,
        "unreachable_since": _iso(since),
        "checked_at": _iso(study.source_checked_at),
    }


def judge(*, is_complete: bool, is_known: bool, unreachable_since: datetime | None) -> ImagesState:
    """A PACS that is away is told even where nothing is missing: nobody can know of late images."""
    if unreachable_since is not None:
        return ImagesState.UNREACHABLE
    if not is_known:
        return ImagesState.UNKNOWN
    return ImagesState.COMPLETE if is_complete else ImagesState.INCOMPLETE


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
