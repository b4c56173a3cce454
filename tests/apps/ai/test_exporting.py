"""The exporter's lease: kept while a slow PACS takes its time, lost with its worker, counted."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from apps.ai import exporting, services, sweeper
from apps.ai.conf import EXPORT_LEASE, EXPORT_MAX_ATTEMPTS
from apps.ai.exporting import export_accepted_finding
from apps.ai.models import FindingExport
from apps.ai.services.exports import renew_export
from apps.audit.models import AuditEntry
from apps.imaging.services import leases
from tests.apps.ai import world
from tests.people import CaseTeam, make_case_team


@pytest.fixture
def owed(tmp_path, settings, db) -> FindingExport:
    settings.ARCHIVE_ROOT = tmp_path / "archive"
    team: CaseTeam = make_case_team()
    job = world.finished_job(
        team=team,
        version=world.builtin_version(tmp_path),
        series=world.indexed_series(team=team),
        findings=1,
    )
    services.accept_finding(
        actor=team.actor("radiologist"),
        finding_id=job.findings.get().pk,
        case_id=team.case_id,
        version=1,
    )
    return FindingExport.objects.get()


def end_lease(export: FindingExport) -> None:
    FindingExport.objects.filter(pk=export.pk).update(
        lease_until=timezone.now() - timedelta(seconds=1)
    )


def test_lease_is_renewed_by_its_holder_only(owed):
    late = services.claim_export(export_id=owed.pk)
    end_lease(owed)
    assert renew_export(export_id=owed.pk, fence=late.fence)
    owed.refresh_from_db()
    assert owed.lease_until > timezone.now() + EXPORT_LEASE / 2
    end_lease(owed)
    sweeper.sweep()
    assert not renew_export(export_id=owed.pk, fence=late.fence), "it went back to the queue"
    current = services.claim_export(export_id=owed.pk)
    assert not renew_export(export_id=owed.pk, fence=late.fence)
    assert renew_export(export_id=owed.pk, fence=current.fence)


def test_export_that_kills_its_worker_every_time_ends_with_a_person(owed):
    for attempt in range(1, EXPORT_MAX_ATTEMPTS + 1):
        claimed = services.claim_export(export_id=owed.pk)
        assert claimed is not None and claimed.attempts == attempt
        end_lease(owed)
        sweeper.sweep()
    owed.refresh_from_db()
    assert (owed.state, owed.error_code, owed.lease_until) == ("failed", "worker_lost", None)
    assert services.claim_export(export_id=owed.pk) is None
    entry = AuditEntry.objects.get(action="finding.export_failed")
    assert entry.details == {"code": "worker_lost"}


@pytest.mark.django_db(transaction=True)
def test_slow_pacs_does_not_cost_the_lease(owed, monkeypatch):
    """While the objects are on their way the lease is extended; a second worker gets nothing."""
    monkeypatch.setattr(leases, "HEARTBEAT_S", 0.05)
    storing, may_go_on = threading.Event(), threading.Event()

    def store_slowly(export: FindingExport) -> None:
        storing.set()
        assert may_go_on.wait(10)

    def work() -> None:
        try:
            export_accepted_finding(export_id=owed.pk)
        finally:
            connection.close()

    monkeypatch.setattr(exporting, "_store", store_slowly)
    worker = threading.Thread(target=work)
    worker.start()
    assert storing.wait(10)
    end_lease(owed)
    deadline = threading.Event()
    for _ in range(100):
        owed.refresh_from_db()
        if owed.lease_until > timezone.now():
            break
        deadline.wait(0.05)
    assert owed.lease_until > timezone.now()
    assert services.claim_export(export_id=owed.pk) is None
    may_go_on.set()
    worker.join()
    owed.refresh_from_db()
    assert (owed.state, owed.lease_until, owed.attempts) == ("stored", None, 1)
