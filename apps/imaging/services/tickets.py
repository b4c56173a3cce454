"""Study tickets: the one place where Django decides who may fetch pixels."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.audit.services import record_entry
from apps.cases.policies import require_standing
from apps.core.actors import Actor
from apps.core.exceptions import Forbidden
from apps.imaging import policies
from apps.imaging.ai_objects import hidden_series
from apps.imaging.exceptions import StudyNotReady
from apps.imaging.models import PixelTicket, Series
from apps.imaging.pixels import tokens
from apps.imaging.projection import Projection
from apps.imaging.projection.vocabulary import clean_description, clean_term
from apps.imaging.selectors import find_case_study
from apps.imaging.services.retention import note_need
from apps.imaging.withholding import only_open


@dataclass(frozen=True, slots=True)
class TicketSeries:
    series_instance_uid: str
    modality: str
    description: str
    frame_count: int
    base_url: str


@dataclass(frozen=True, slots=True)
class MintedTicket:
    ticket: str
    expires_at: datetime
    series: tuple[TicketSeries, ...]
    header: str = tokens.HEADER


def mint_ticket(*, actor: Actor, case_id: UUID, study_instance_uid: str) -> MintedTicket:
    """A ticket for one study in one case, in the guise the actor has there.

    Writes the audit entry "instances accessed" (DICOM 110103).

    Raises
    ------
    NotVisible
        Not this actor's case, or the study is not in it.
    StudyNotReady
        The study is not completely in the archive.
    """
    policies.view_studies(actor=actor, case_id=case_id)
    standing = require_standing(actor=actor, case_id=case_id)
    may_look = actor.is_person or actor.is_place
    if actor.id is None or not may_look or not actor.session_key:
        raise Forbidden("Tickets are for people who are signed in.")
    study = find_case_study(
        actor=actor, case_id=case_id, study_instance_uid=study_instance_uid
    ).study
    if study.ready_at is None:
        raise StudyNotReady("The study is still on its way.", details={"state": study.state})
    note_need(study_id=study.pk)
    grant_id = standing.grant_id if standing.is_deidentified else None
    expires_at = timezone.now() + timedelta(seconds=tokens.LIFETIME_S)
    if standing.expires_at is not None:
        expires_at = min(expires_at, standing.expires_at)
    with transaction.atomic():
        row = PixelTicket.objects.create(
            user_id=actor.id,
            session_key=actor.session_key,
            case_id=case_id,
            study=study,
            guise=standing.guise,
            grant_id=standing.grant_id,
            expires_at=expires_at,
        )
        record_entry(
            actor=actor,
            action="images.accessed",
            case_id=case_id,
            entity="study",
            entity_id=study.pk,
            details={"ticket": str(row.pk), "guise": standing.guise},
        )
    claims = tokens.Claims(
        ticket_id=row.pk,
        study_mark=tokens.mark_study(study.study_instance_uid),
        session_mark=tokens.mark_session(actor.session_key),
        expires_at=int(min(time.time() + tokens.LIFETIME_S, expires_at.timestamp())),
        grant_id=grant_id,
    )
    projection = Projection(grant_id=grant_id) if grant_id else None
    published = Series.objects.filter(study=study).exclude(archive_key="")
    if projection is not None:
        published = only_open(published)
    hidden = hidden_series(actor=actor, case_id=case_id, study_ids=[study.pk])
    published = published.exclude(pk__in=hidden)
    return MintedTicket(
        ticket=tokens.sign(claims),
        expires_at=datetime.fromtimestamp(claims.expires_at, tz=UTC),
        series=tuple(_describe(one, projection) for one in published),
    )


def _describe(series: Series, projection: Projection | None) -> TicketSeries:
    uid, base_url = series.series_instance_uid, f"/pixels/{series.archive_key}"
    description, modality = series.description, series.modality
    if projection is not None:
        uid = projection.uid(uid)
        base_url += f".{projection.scope}"
        description, modality = clean_description(description), clean_term(modality)
    return TicketSeries(
        series_instance_uid=uid,
        modality=modality,
        description=description,
        frame_count=series.frame_count,
        base_url=base_url,
    )
