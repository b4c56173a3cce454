"""How far an ingest is: rows and events at most once a second, not once per object."""

import time

from django.db import transaction

from apps.core.actors import Actor
from apps.imaging.choices import StudyState
from apps.imaging.models import IngestJob, Study
from apps.imaging.services import indexing
from apps.imaging.services.leases import Lease

INTERVAL_S = 1.0


class ProgressTeller:
    def __init__(self, *, actor: Actor, study: Study, lease: Lease) -> None:
        self._actor = actor
        self._study = study
        self._lease = lease
        self._told_at = 0.0
        self.done = 0
        self.total = 0

    def begin(self, *, total: int) -> None:
        self.done, self.total = 0, total
        self._tell()

    def advance(self, count: int) -> None:
        self.done = max(0, min(self.total, self.done + count))
        if time.monotonic() - self._told_at >= INTERVAL_S:
            self._tell()

    def _tell(self) -> None:
        self._told_at = time.monotonic()
        with transaction.atomic():
            study = Study.objects.select_for_update().get(pk=self._study.pk)
            self._lease.check()
            IngestJob.objects.filter(pk=self._lease.row_id).update(done=self.done, total=self.total)
            study.done_instances, study.total_instances = self.done, self.total
            if study.ready_at is None:
                study.state = StudyState.INGESTING
            study.save(update_fields=["done_instances", "total_instances", "state", "updated_at"])
            indexing.record_progress(actor=self._actor, study=study)
