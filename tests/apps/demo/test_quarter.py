"""A quarter of one board: numbers and follow-up live, told once, and today is as it was."""

import time
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.selectors import actor_for
from apps.audit.models import AuditEntry
from apps.boards.models import Board
from apps.cases.models import Case, Patient
from apps.demo.hospital import opening
from apps.demo.hospital.casebook import THORACIC
from apps.demo.hospital.clock import clock_at
from apps.demo.hospital.quarter import MARK, tell_quarter
from apps.followup import selectors
from apps.followup.models import FollowUpResult
from apps.followup.numbers.report import build_report

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture
def house(tmp_path, settings, monkeypatch):
    settings.VAR_DIR = tmp_path / "var"
    settings.ARCHIVE_ROOT = tmp_path / "archive"
    settings.SCRATCH_ROOT = tmp_path / "scratch"
    settings.CONSILIUM_PACS_URL = ""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    monkeypatch.setattr(opening.Opening, "recipes", ())
    call_command("demo_hospital", "--small", stdout=StringIO())


def test_the_quarter_fills_numbers_and_follow_up_and_is_told_once(house, capsys):
    people = {one.email.split("@")[0]: one for one in User.objects.all()}
    newest = Case.objects.order_by("-updated_at").first()
    said: list[str] = []
    started = time.process_time()
    tell_quarter(people=people, board_name=THORACIC, say=said.append)
    took = time.process_time() - started
    tell_quarter(people=people, board_name=THORACIC, say=said.append)
    assert len(said) == 1, "told once"
    print(said[0], f"{took:.1f} s of the processor")
    board = Board.objects.get(name=THORACIC)
    report = build_report(actor=actor_for(user=people["chair"]), board_id=board.pk)
    found = {one.key: one for one in report.indicators}
    for key in (
        "cases_per_meeting", "minutes_per_case", "deferred", "core_attendance", "prospective",
        "analytic_presented", "referral_to_decision", "meeting_to_treatment", "adherence",
        "not_in_full", "soc_listed",
    ):  # fmt: skip
        assert found[key].state == "value", key
    assert 2 <= (found["minutes_per_case"].value or 0) <= 8
    assert 0.6 < (found["adherence"].value or 0) < 0.95
    coordinator = actor_for(user=people["coordinator"])
    overdue = selectors.list_tasks(actor=coordinator, overdue=True).tasks.count()
    assert 2 <= overdue <= 25
    assert FollowUpResult.objects.filter(implementation="not").exists()
    assert Case.objects.order_by("-updated_at").first() == newest, "the worklist begins as before"
    assert not Case.objects.filter(patient__patient_id__startswith=MARK, status="deferred").exists()
    assert Patient.objects.filter(patient_id__startswith=MARK).count() < 60


def test_the_trail_says_when_it_was_really_written(house):
    people = {one.email.split("@")[0]: one for one in User.objects.all()}
    before = timezone.now()
    tell_quarter(people=people, board_name=THORACIC, say=lambda _: None)
    assert AuditEntry.objects.filter(action="follow_up.recorded", at__gte=before).exists()
    assert not AuditEntry.objects.filter(action="follow_up.recorded", at__lt=before).exists()


def test_the_clock_is_given_back_also_after_a_failure():
    real = timezone.now
    with pytest.raises(RuntimeError), clock_at(real()):
        raise RuntimeError
    assert timezone.now is real
