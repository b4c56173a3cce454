"""A person clears withheld pictures for de-identified viewers, or takes it back."""

from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.audit.services import record_entry
from apps.core import events as core_events
from apps.core.actors import Actor
from apps.core.exceptions import Conflict, InvalidInput, StaleVersion
from apps.imaging import policies
from apps.imaging.archive import SeriesArchive
from apps.imaging.events import PicturesCleared, PicturesWithheld
from apps.imaging.models import PictureClearance, Series
from apps.imaging.selectors import find_case_series, open_published
from apps.imaging.withholding import clearances_in_force, is_clearable

STATEMENT_LENGTH = 10


def clear_pictures(
    *,
    actor: Actor,
    case_id: UUID,
    study_instance_uid: str,
    series_instance_uid: str,
    archive_key: str,
    statement: str,
) -> PictureClearance:
    """The pictures of this content show no identity: de-identified viewers may have them.

    Parameters
    ----------
    archive_key
        What the person looked at. New content needs a new look.

    Raises
    ------
    StaleVersion
        The series holds other content by now.
    Conflict
        ``not_clearable``: open already, or no pictures; ``overlay_in_pixels``; ``already_cleared``.
    InvalidInput
        ``statement_too_short``.
    """
    policies.clear_pictures(actor=actor, case_id=case_id)
    series = find_case_series(
        actor=actor,
        case_id=case_id,
        study_instance_uid=study_instance_uid,
        series_instance_uid=series_instance_uid,
    )
    if series.archive_key != archive_key:
        raise StaleVersion("The series has changed since; look at its pictures again.")
    if len(statement.strip()) < STATEMENT_LENGTH:
        raise InvalidInput("Say in a sentence what you saw.", code="statement_too_short")
    if not is_clearable(series):
        raise Conflict("Only withheld pictures can be cleared.", code="not_clearable")
    if _hides_overlay(open_published(series)):
        raise Conflict(
            "An overlay is stored in unused bits of the pixels, where nobody sees it.",
            code="overlay_in_pixels",
        )
    try:
        with transaction.atomic():
            return _record_clearance(actor, case_id, series, statement.strip())
    except IntegrityError:
        raise Conflict("These pictures are cleared already.", code="already_cleared") from None


def withhold_pictures(
    *, actor: Actor, case_id: UUID, study_instance_uid: str, series_instance_uid: str
) -> None:
    """Take the clearing back; the pixel path follows within two seconds.

    Raises
    ------
    Conflict
        ``not_cleared``: nothing to take back.
    """
    policies.clear_pictures(actor=actor, case_id=case_id)
    series = find_case_series(
        actor=actor,
        case_id=case_id,
        study_instance_uid=study_instance_uid,
        series_instance_uid=series_instance_uid,
    )
    with transaction.atomic():
        rows = clearances_in_force().select_for_update().filter(series=series)
        ended = [row.pk for row in rows]
        if not ended:
            raise Conflict("These pictures are not cleared.", code="not_cleared")
        PictureClearance.objects.filter(pk__in=ended).update(
            revoked_at=timezone.now(), revoked_by_id=actor.id if actor.is_person else None
        )
        record_entry(
            actor=actor,
            action="pictures.withheld",
            case_id=case_id,
            entity="series",
            entity_id=series.pk,
            details={"clearances": [str(one) for one in ended]},
        )
        core_events.record(
            PicturesWithheld(
                case_id=case_id, series_id=series.pk, **core_events.actor_fields(actor)
            )
        )


def _record_clearance(
    actor: Actor, case_id: UUID, series: Series, statement: str
) -> PictureClearance:
    row = PictureClearance.objects.create(
        series=series,
        content_sha256=series.content_sha256,
        case_id=case_id,
        statement=statement,
        cleared_by_id=actor.id if actor.is_person else None,
    )
    record_entry(
        actor=actor,
        action="pictures.cleared",
        case_id=case_id,
        entity="series",
        entity_id=series.pk,
        details={"clearance": str(row.pk), "content_sha256": series.content_sha256},
    )
    core_events.record(
        PicturesCleared(
            case_id=case_id,
            series_id=series.pk,
            content_sha256=series.content_sha256,
            **core_events.actor_fields(actor),
        )
    )
    return row


def _hides_overlay(archive: SeriesArchive) -> bool:
    """Overlays without data of their own lie in the pixels' unused bits (PS3.5 8.1.2)."""
    return any(
        tag.startswith("60") and tag.endswith("0102") and f"{tag[:4]}3000" not in document
        for document in archive.metadata()
        for tag in document
    )
