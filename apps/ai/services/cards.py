"""What the house adds to a version: local validation, and what its developer left unsaid."""

import math
import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from apps.ai import policies, selectors
from apps.ai.choices import VersionChangeKind, VersionState
from apps.ai.exceptions import ModelNotApproved
from apps.ai.model_card import ENTERABLE, developer_said
from apps.ai.models import CardEntry, LocalValidation
from apps.ai.services.people import get_person
from apps.ai.services.version_states import audit_version, lock_version, move_version
from apps.core.actors import Actor
from apps.core.exceptions import Conflict, InvalidInput

LONGEST_ENTRY = 4_000
_HASH = re.compile(r"[0-9a-f]{64}")


class ValidationSummary(BaseModel):
    """What a local validation run says in short; more fields are kept as they come."""

    model_config = ConfigDict(extra="allow", frozen=True)

    date: date
    n: Annotated[int, Field(ge=1, le=10_000_000)]
    headline: Annotated[dict[Annotated[str, Field(max_length=80)], float], Field(max_length=20)]
    report_sha256: str

    @field_validator("headline")
    @classmethod
    def _are_figures(cls, headline: dict[str, float]) -> dict[str, float]:
        if not headline or not all(math.isfinite(value) for value in headline.values()):
            raise ValueError("at least one figure, and each a number")
        return headline

    @field_validator("report_sha256")
    @classmethod
    def _is_hash(cls, value: str) -> str:
        if not _HASH.fullmatch(value):
            raise ValueError("64 hexadecimal digits")
        return value


@transaction.atomic
def record_local_validation(
    *, actor: Actor, version_id: UUID, summary: Mapping[str, Any]
) -> LocalValidation:
    """Keep what a run on this house's studies said; a registered version is validated by it.

    Parameters
    ----------
    summary:
        ``date``, ``n`` (studies), ``headline`` (figure by name) and ``report_sha256``. A version
        in another state keeps its state; the record counts for its content all the same.

    Raises
    ------
    InvalidInput
        The summary lacks one of them (``validation_unreadable``), or lies in the future.
    ModelNotApproved
        Nobody may have run it: the content is not approved.
    Conflict
        The report was recorded before (``validation_known``), or the version is retired.
    """
    policies.administer_model(actor=actor)
    read = _read_summary(summary)
    version = lock_version(version_id)
    if version.state == VersionState.RETIRED:
        raise Conflict("The version is retired.", code="version_retired")
    if not selectors.is_approved(version=version):
        raise ModelNotApproved("Two people must approve exactly this content first.")
    if version.validations.filter(report_sha256=read.report_sha256).exists():
        raise Conflict("This report was recorded before.", code="validation_known")
    record = LocalValidation.objects.create(
        version=version,
        tree_sha256=version.tree_sha256,
        done_on=read.date,
        studies=read.n,
        headline=read.headline,
        report_sha256=read.report_sha256,
        summary=read.model_dump(mode="json"),
        recorded_by=get_person(actor=actor),
    )
    if version.state == VersionState.REGISTERED:
        move_version(
            actor=actor, version=version, to=VersionState.VALIDATED,
            kind=VersionChangeKind.VALIDATED,
        )  # fmt: skip
    else:
        audit_version(actor=actor, action="model.validated", version=version)
    return record


@transaction.atomic
def write_card_entry(*, actor: Actor, version_id: UUID, key: str, text: str) -> CardEntry:
    """Say on a version's card what its developer did not say; kept with name and date.

    Raises
    ------
    InvalidInput
        No such attribute (``unknown_attribute``), or no text.
    Conflict
        The developer states it (``stated_by_developer``): that is not written over.
    """
    policies.administer_model(actor=actor)
    if key not in ENTERABLE:
        raise InvalidInput("The card has no such attribute.", code="unknown_attribute")
    said = text.strip()
    if not said or len(said) > LONGEST_ENTRY:
        raise InvalidInput(f"Write between 1 and {LONGEST_ENTRY} characters.", code="entry_length")
    version = lock_version(version_id)
    if developer_said(key=key, card=version.card):
        raise Conflict("The developer states this.", code="stated_by_developer")
    entry = CardEntry.objects.create(
        version=version, key=key, text=said, author=get_person(actor=actor)
    )
    audit_version(
        actor=actor, action="model.card_written", version=version,
        details={"key": key, "entry": str(entry.pk)},
    )  # fmt: skip
    return entry


def _read_summary(summary: Mapping[str, Any]) -> ValidationSummary:
    try:
        read = ValidationSummary.model_validate(dict(summary))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InvalidInput(
            f"The summary cannot be kept: {where}: {first['msg']}"[:400],
            code="validation_unreadable",
        ) from error
    if read.date > timezone.localdate() + timedelta(days=1):
        raise InvalidInput("The validation lies in the future.", code="validation_unreadable")
    return read
