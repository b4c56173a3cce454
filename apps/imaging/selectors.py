"""Reading the study index. (Laid by the lead so that the house starts; imaging owns it.)"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Count, Q

from apps.core.actors import Actor
from apps.imaging.choices import StudyState
from apps.imaging.models import CaseStudy


def summarise_images(*, actor: Actor, case_ids: Iterable[UUID]) -> dict[UUID, dict[str, Any]]:
    """Per case, how many of its studies are ready: a column of the worklist."""
    rows = (
        CaseStudy.objects.filter(case_id__in=list(case_ids))
        .values("case_id")
        .annotate(total=Count("id"), ready=Count("id", filter=Q(study__state=StudyState.READY)))
    )
    return {
        row["case_id"]: {"images": {"ready": row["ready"], "total": row["total"]}} for row in rows
    }
