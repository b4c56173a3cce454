"""Optimistic concurrency in one place."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.db import models
from django.db.models import QuerySet

from apps.core.exceptions import InvalidInput, NotVisible, StaleVersion
from apps.core.models import VersionedModel

VersionedT = TypeVar("VersionedT", bound=VersionedModel)


def lock_version(
    *,
    queryset: "QuerySet[VersionedT]",
    pk: Any,
    version: int | None,
    describe: Callable[[VersionedT], dict[str, Any]] | None = None,
) -> VersionedT:
    """Lock one row and check that the writer saw its current version.

    Raises
    ------
    NotVisible
        No such row in ``queryset``.
    InvalidInput
        The writer named no version.
    StaleVersion
        The row moved on; details carry the current state.
    """
    if version is None:
        raise InvalidInput("Name the version you saw.", code="version_required")
    try:
        row = queryset.select_for_update(of=("self",)).get(pk=pk)
    except (queryset.model.DoesNotExist, ValueError, models.ObjectDoesNotExist):
        raise NotVisible() from None
    if row.version != version:
        current = describe(row) if describe else {"version": row.version}
        raise StaleVersion("It was changed meanwhile.", details={"current": current})
    return row
