"""Those who ask and those who review, while everything around them breaks."""

from __future__ import annotations

import threading
import time
from collections import Counter
from contextlib import suppress

from django.db import DatabaseError, InterfaceError, connection

from apps.ai import services
from apps.ai.choices import OPEN_JOB_STATES, ExportState, JobState
from apps.ai.models import Finding, FindingExport, Job
from apps.core.exceptions import DomainError
from tests.faults.ai.scene import Question, Scene

OPEN_AT_ONCE = 12
ASKED_TWICE_OF = 7
REVIEWED_AT_ONCE = 10


class Staff(threading.Thread):
    """A radiologist who asks all questions, accepts or dismisses each finding, and tries again.

    What a person would do by hand when the house gives up is counted: quarantined jobs asked
    again, failed exports sent again.
    """

    def __init__(self, scene: Scene) -> None:
        super().__init__(name="staff", daemon=True)
        self.scene = scene
        self.counts: Counter[str] = Counter()
        self.stopping = False
        self.failure: Exception | None = None
        self.ended = 0
        self.owed = 0
        self.stored = 0
        self.is_done = False
        self._left = list(reversed(scene.questions))

    def run(self) -> None:
        try:
            while not self.stopping:
                try:
                    self._work()
                except (DatabaseError, InterfaceError):
                    self.counts["times the database was away for staff"] += 1
                    connection.close()
                time.sleep(0.1)
        except Exception as error:  # noqa: BLE001 - the main thread says it
            self.failure = error
        finally:
            with suppress(Exception):
                connection.close()

    def _work(self) -> None:
        self._ask()
        self._review()
        self._try_again()
        self._look()

    def _ask(self) -> None:
        waiting = Job.objects.filter(state__in=OPEN_JOB_STATES).count()
        actor = self.scene.team.actor("radiologist")
        for _ in range(max(0, OPEN_AT_ONCE - waiting)):
            if not self._left:
                return
            question = self._left[-1]
            times = 2 if question.number % ASKED_TWICE_OF == 0 else 1
            for _ in range(times):
                self._request(actor, question)
            self._left.pop()

    def _request(self, actor: object, question: Question) -> None:
        services.request_job(
            actor=actor,  # type: ignore[arg-type]
            case_id=self.scene.case_id,
            model_id=self.scene.version.model_id,
            series_instance_uid=question.series_uid,
            parameters=question.parameters,
            is_urgent=question.number % 11 == 0,
        )
        self.counts["requests"] += 1

    def _review(self) -> None:
        actor = self.scene.team.actor("radiologist")
        for finding in Finding.objects.filter(reviews=None)[:REVIEWED_AT_ONCE]:
            named = {
                "actor": actor,
                "finding_id": finding.pk,
                "case_id": self.scene.case_id,
                "version": 1,
            }
            if finding.number == 1:
                services.accept_finding(**named)
            else:
                services.dismiss_finding(**named, reason_code="wrong-class")

    def _try_again(self) -> None:
        actor = self.scene.team.actor("radiologist")
        for job in Job.objects.filter(state=JobState.FAILED, reason_code="quarantined"):
            with suppress(DomainError):
                services.retry_job(actor=actor, job_id=job.pk)
                self.counts["quarantined jobs asked again"] += 1
        for export in FindingExport.objects.filter(state=ExportState.FAILED):
            with suppress(DomainError):
                services.retry_export(
                    actor=actor, finding_id=export.finding_id, case_id=self.scene.case_id
                )
                self.counts["failed exports sent again"] += 1

    def _look(self) -> None:
        self.ended = Job.objects.exclude(state__in=OPEN_JOB_STATES).count()
        unreviewed = Finding.objects.filter(reviews=None).count()
        self.owed = FindingExport.objects.count()
        self.stored = FindingExport.objects.filter(state=ExportState.STORED).count()
        self.is_done = (
            not self._left
            and not unreviewed
            and self.ended == Job.objects.count()
            and self.stored == self.owed
        )
