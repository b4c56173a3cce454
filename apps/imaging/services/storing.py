"""Our own results go home: STOW to the study's PACS, proven by QIDO, kept in the archive."""

import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

from django.db import transaction

from apps.audit.services import record_entry
from apps.core.actors import Actor
from apps.core.exceptions import NotVisible
from apps.imaging import identity as identities
from apps.imaging.archive.layout import staging_directory
from apps.imaging.archive.writer import StagedInstance
from apps.imaging.choices import SourceState
from apps.imaging.exceptions import PatientMismatch, UnreadableObject
from apps.imaging.models import Instance, Study
from apps.imaging.pacs import PacsClient, open_client
from apps.imaging.parsing import ParserPool, shared_pool
from apps.imaging.services import indexing, staging

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class StoreOutcome:
    """What is where now. ``failed`` maps SOP Instance UIDs to the reason in words."""

    stored: tuple[str, ...]
    failed: dict[str, str] = field(default_factory=dict)
    destination: str = "archive"

    @property
    def complete(self) -> bool:
        return not self.failed


def store_objects(*, actor: Actor, study_id: UUID, objects: list[bytes]) -> StoreOutcome:
    """Store objects of one study in its PACS (when it has one) and in the archive.

    Authorised by the caller. Safe to repeat with the same bytes: what the PACS already holds is
    not sent again. Nothing enters the archive that the PACS did not prove to hold.

    Raises
    ------
    UnreadableObject
        An object is no acceptable DICOM file, or belongs to another study.
    PatientMismatch
        An object names another patient than the study.
    PacsError, PacsRefused, PacsAnswerBroken
        The PACS could not take them; nothing is registered.
    """
    study = Study.objects.select_related("pacs").filter(pk=study_id).first()
    if study is None:
        raise NotVisible()
    directory = staging_directory(uuid4())
    try:
        with shared_pool() as pool:
            staged = _parse(pool, directory=directory, study=study, objects=objects)
        outcome = _send(study=study, staged=staged)
        held = {uid: one for uid, one in staged.items() if uid in outcome.stored}
        origin = SourceState.HELD if outcome.destination == "pacs" else SourceState.OURS
        _register(actor=actor, study=study, staged=held, origin=origin)
    finally:
        staging.clear(directory)
    record_entry(
        actor=actor,
        action="export.objects",
        entity="study",
        entity_id=study.pk,
        details={
            "stored": list(outcome.stored),
            "failed": sorted(outcome.failed),
            "destination": outcome.destination,
        },
        outcome="success" if outcome.complete else "failed",
    )
    return outcome


def _parse(
    pool: ParserPool, *, directory: Path, study: Study, objects: Sequence[bytes]
) -> dict[str, StagedInstance]:
    staged: dict[str, StagedInstance] = {}
    expected = identities.identity_of_study(study)
    for number, raw in enumerate(objects):
        source = directory / f"{number}.part"
        source.write_bytes(raw)
        outcome = pool.parse(source=source, prefix=directory / f"{number}")
        source.unlink()
        if outcome.summary is None:
            raise UnreadableObject(outcome.reason, code=outcome.code)
        summary = outcome.summary
        if summary["study_instance_uid"] != study.study_instance_uid:
            raise UnreadableObject("The object belongs to another study.", code="wrong_study")
        if summary["identity"]["patient_id"] != expected.patient_id:
            raise PatientMismatch("The object names another patient than the study.")
        staged[summary["sop_instance_uid"]] = StagedInstance(outcome.prefix, summary)
    return staged


def _send(*, study: Study, staged: dict[str, StagedInstance]) -> StoreOutcome:
    if study.pacs is None or not study.pacs.is_active:
        return StoreOutcome(stored=tuple(staged), destination="archive")
    with open_client(study.pacs) as client:
        held = _find_held(client, study=study, staged=staged)
        missing = [one for uid, one in staged.items() if uid not in held]
        reasons: dict[str, str] = {}
        if missing:
            reply = client.store(
                study_instance_uid=study.study_instance_uid,
                objects=[one.original() for one in missing],
            )
            reasons = dict(reply.failed)
            # "200 OK" is not believed: some archives answer it and store less.
            held = _find_held(client, study=study, staged=staged)
    failed = {
        uid: reasons.get(uid, "the PACS does not list it after storing")
        for uid in staged
        if uid not in held
    }
    return StoreOutcome(
        stored=tuple(uid for uid in staged if uid in held), failed=failed, destination="pacs"
    )


def _find_held(client: PacsClient, *, study: Study, staged: dict[str, StagedInstance]) -> set[str]:
    held: set[str] = set()
    for series_uid in {one.summary["series_instance_uid"] for one in staged.values()}:
        held.update(
            client.list_instances(
                study_instance_uid=study.study_instance_uid, series_instance_uid=series_uid
            )
        )
    return held & staged.keys()


def _register(
    *, actor: Actor, study: Study, staged: dict[str, StagedInstance], origin: SourceState
) -> None:
    known = set(
        Instance.objects.filter(study=study, sop_instance_uid__in=staged).values_list(
            "sop_instance_uid", flat=True
        )
    )
    by_series: dict[str, list[StagedInstance]] = defaultdict(list)
    for uid, one in staged.items():
        if uid not in known:
            by_series[one.summary["series_instance_uid"]].append(one)
    if not by_series:
        return
    series_ids = [
        indexing.publish_and_index(
            study_id=study.pk, series_instance_uid=uid, staged=members, origin=origin
        )
        for uid, members in by_series.items()
    ]
    with transaction.atomic():
        if Study.objects.select_for_update().get(pk=study.pk).ready_at is not None:
            indexing.finish_study(actor=actor, study_id=study.pk, series_ids=series_ids)
