"""``manage.py demo_hospital``: whole on the first run, idle on the second."""

import time
from io import StringIO
from pathlib import Path

import pytest
from allauth.account.models import EmailAddress
from django.core.management import CommandError, call_command
from django.db.models import Q
from django.test import Client
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.selectors import actor_for
from apps.ai.models import Job
from apps.audit.models import AuditEntry
from apps.boards.models import AgendaItem, Board, BoardMember, Decision, Meeting
from apps.cases.clinical.kinds import KINDS
from apps.cases.models import Case, CaseGrant
from apps.cases.selectors import guise_for, visible_cases
from apps.demo.hospital import opening
from apps.demo.hospital.build import build_all
from apps.demo.hospital.casebook import CASES
from apps.demo.hospital.clinical import ENTRIES
from apps.demo.hospital.history import MARK
from apps.demo.hospital.people import PASSWORD, PEOPLE
from apps.demo.hospital.quarter import MARK as QUARTER
from apps.demo.hospital.recipes import SMALL_RECIPES
from apps.imaging.models import CaseStudy, Study
from apps.imaging.pacs.breaker import breaker
from apps.imaging.services import ensure_connection_from_settings

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The coarse examinations, computed once for all tests here."""
    root = tmp_path_factory.mktemp("var") / "demo"
    build_all(recipes=SMALL_RECIPES, root=root, processes=1)
    return root


@pytest.fixture
def house(built: Path, settings: pytest.FixtureRequest, tmp_path: Path) -> Path:
    settings.VAR_DIR = built.parent
    settings.ARCHIVE_ROOT = tmp_path / "archive"
    settings.SCRATCH_ROOT = tmp_path / "scratch"
    settings.CONSILIUM_PACS_URL = ""
    # Thirteen scrypt hashes a run are for real passwords.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    return built


@pytest.fixture
def empty_house(house: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same without images: most of what people see needs none."""
    monkeypatch.setattr(opening.Opening, "recipes", ())
    return house


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("demo_hospital", *arguments, stdout=out)
    return out.getvalue()


def counts() -> dict[str, int]:
    models = (User, Case, CaseGrant, Board, BoardMember, Meeting, AgendaItem, Study, Job)
    return {one.__name__: one.objects.count() for one in models}


def test_small_hospital_from_files_and_again(house: Path) -> None:
    run("--small")
    before, entries = counts(), AuditEntry.objects.count()
    assert before["User"] == len(PEOPLE)
    assert before["Case"] == 3
    assert before["Board"] == 1
    assert before["Study"] == 2  # the third waits in a PACS that is not there
    assert set(Study.objects.values_list("state", flat=True)) == {"ready"}
    assert all(Study.objects.values_list("synthetic", flat=True))
    assert not CaseStudy.objects.exclude(mismatch_reason="").exists()
    assert before["Job"] == 3  # two CTs, one PET
    for link in CaseStudy.objects.select_related("case__patient", "study"):
        assert link.case.patient.patient_id == link.study.patient_id
        assert link.case.patient.issuer == link.study.issuer_of_patient_id
        assert link.case.patient.birth_date == link.study.patient_birth_date

    started_at = time.monotonic()
    run("--small")
    assert time.monotonic() - started_at < 3.0
    assert counts() == before
    assert AuditEntry.objects.count() == entries


def test_everybody_can_sign_in(empty_house: Path, client: Client) -> None:
    run("--small")
    for one in PEOPLE:
        assert User.objects.get(email=one.email).check_password(PASSWORD)
        address = EmailAddress.objects.get(email=one.email)
        assert address.verified and address.primary
    answer = client.post(
        "/_allauth/browser/v1/auth/login",
        {"email": PEOPLE[0].email, "password": PASSWORD},
        content_type="application/json",
    )
    assert answer.status_code == 200, answer.content


def test_consultant_sees_one_case_without_a_name_and_administrators_none(empty_house: Path) -> None:
    run("--small")
    consultant = actor_for(user=User.objects.get(email__startswith="consultant@"))
    (case,) = visible_cases(actor=consultant)
    guise = guise_for(actor=consultant, case_id=case.pk)
    assert guise is not None
    assert guise.guise == "deidentified"
    grant = CaseGrant.objects.get(user_id=consultant.id)
    assert timezone.now() < grant.expires_at
    for login in ("admin", "ai-admin", "auditor"):
        actor = actor_for(user=User.objects.get(email__startswith=f"{login}@"))
        assert not visible_cases(actor=actor).exists()


def test_all_boards_and_cases(empty_house: Path) -> None:
    run()
    assert Board.objects.count() == 3
    told = Q(title__startswith=MARK) | Q(patient__patient_id__startswith=QUARTER)
    assert Case.objects.exclude(told).count() == len(CASES)
    known = [kind.model._default_manager.count() for kind in KINDS.values()]
    assert sum(known) == sum(len(entries) for entries in ENTRIES.values())
    assert all(known)
    assert Case.objects.filter(stage="cT2a cN2a cM0, stage IIIA (UICC 9)").count() == 1
    today = Meeting.objects.filter(starts_at__date=timezone.localdate())
    assert today.exists()
    assert Meeting.objects.filter(starts_at__gt=timezone.now()).count() >= 3
    assert AgendaItem.objects.filter(meeting__in=today).count() == 3
    told = Decision.objects.exclude(case__patient__patient_id__startswith=QUARTER)
    decision = told.get(status="signed")
    assert decision.status == "signed"
    assert decision.positions.filter(stance="dissent").count() == 1
    assert decision.meeting.status == "closed"
    assert {note.kind for note in decision.notes.all()} == {"addendum", "told"}
    assert Decision.objects.filter(status="draft").count() == 1, "one waits for its chair"
    before, entries = counts(), AuditEntry.objects.count()
    run()
    assert counts() == before
    assert AuditEntry.objects.count() == entries


@pytest.mark.orthanc
def test_small_hospital_through_a_real_pacs(house: Path, orthanc, settings) -> None:
    settings.CONSILIUM_PACS_URL = orthanc.url_with_credentials
    connection = ensure_connection_from_settings(actor=opening.INSTALLER)
    run("--small")
    held = {one["MainDicomTags"]["StudyInstanceUID"] for one in orthanc.find(
        level="Study", query={"PatientID": "PHX-*"})}  # fmt: skip
    assert held == {one.study.uid for one in SMALL_RECIPES}
    assert {s.pacs_id for s in Study.objects.all()} == {connection.pk}
    assert set(Study.objects.values_list("state", flat=True)) == {"ready"}
    assert Study.objects.count() == 2
    before = counts()
    started_at = time.monotonic()
    run("--small")
    assert time.monotonic() - started_at < 3.0
    assert counts() == before


@pytest.mark.orthanc
def test_pacs_that_is_away_is_told_and_tried_again(house: Path, orthanc, settings) -> None:
    settings.CONSILIUM_PACS_URL = orthanc.url_with_credentials
    connection = ensure_connection_from_settings(actor=opening.INSTALLER)
    orthanc.stop()
    try:
        with pytest.raises(CommandError, match="small-alder"):
            run("--small")
    finally:
        orthanc.start()
    assert Case.objects.count() == 3
    breaker.succeeded(connection.pk)  # in life it is given twenty seconds
    run("--small")
    assert set(Study.objects.values_list("state", flat=True)) == {"ready"}


@pytest.mark.parametrize("hour", [0, 9, 23])
def test_todays_meeting_is_today(hour: int, monkeypatch: pytest.MonkeyPatch) -> None:
    now = timezone.localtime().replace(hour=hour, minute=45)
    monkeypatch.setattr(timezone, "localtime", lambda: now)
    start = opening.meeting_start(board_name="Thoracic board", when="today")
    assert start.date() == now.date()
    later = opening.meeting_start(board_name="Thoracic board", when="next")
    assert (later.date() - now.date()).days == 7
