"""Columns of the case list that upper floors provide: one call per provider, never per row."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from apps.core.actors import Actor
from apps.core.registry import case_summaries


def summarise(*, actor: Actor, case_ids: Iterable[UUID]) -> dict[UUID, dict[str, Any]]:
    """Merge what every provider says about each case."""
    ids = list(case_ids)
    merged: dict[UUID, dict[str, Any]] = {case_id: {} for case_id in ids}
    for _, provider in case_summaries.items():
        for case_id, fields in provider(actor=actor, case_ids=ids).items():
            merged[case_id].update(fields)
    return merged
