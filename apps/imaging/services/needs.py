"""Which cases somebody will need soon. Boards and live sessions answer; imaging only asks."""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from apps.core.registry import case_needs


def collect_needs() -> dict[UUID, datetime]:
    """Every case that is pinned, with the first moment it is needed."""
    needs: dict[UUID, datetime] = {}
    for _, provider in case_needs.items():
        for case_id, needed_at in provider().items():
            needs[case_id] = min(needed_at, needs.get(case_id, needed_at))
    return needs


def near_needs() -> dict[UUID, datetime]:
    """Those past the agenda cut-off."""
    cut_off = timezone.now() + timedelta(hours=settings.PREFETCH_HOURS)
    return {case_id: at for case_id, at in collect_needs().items() if at <= cut_off}
