"""The choke-point: who sees which case, in which guise, until when."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from apps.audit.models import AuditEntry
from apps.cases import policies, selectors, services
from apps.cases.choices import Capacity, GrantSource, Guise
from apps.cases.identity import PatientIdentity, find_mismatches
from apps.cases.models import CaseGrant
from apps.core.exceptions import Forbidden, IllegalMove, InvalidInput, NotVisible, StaleVersion
from apps.core.policies import Policy
from tests.people import SYSTEM, CaseTeam, make_case_team, make_patient, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture()
def team() -> CaseTeam:
    return make_case_team()


def test_a_case_that_is_not_mine_is_404_not_403(team: CaseTeam) -> None:
    client = Client()
    client.force_login(team.people["outsider"], backend="django.contrib.auth.backends.ModelBackend")
    absent = client.get(f"/api/cases/{uuid4()}")
    hidden = client.get(f"/api/cases/{team.case_id}")
    assert absent.status_code == hidden.status_code == 404
    strip = {"request_id"}
    assert {k: v for k, v in absent.json().items() if k not in strip} == {
        k: v for k, v in hidden.json().items() if k not in strip
    }


@pytest.mark.parametrize("who", ["system_admin", "ai_admin", "auditor", "outsider"])
def test_system_roles_open_no_case(team: CaseTeam, who: str) -> None:
    with pytest.raises(NotVisible):
        selectors.get_case(actor=team.actor(who), case_id=team.case_id)


def test_an_expired_grant_opens_nothing(team: CaseTeam) -> None:
    CaseGrant.objects.filter(user=team.people["consultant"]).update(
        expires_at=datetime.now(UTC) - timedelta(seconds=1)
    )
    with pytest.raises(NotVisible):
        policies.view_case(actor=team.actor("consultant"), case_id=team.case_id)


def test_a_revoked_grant_opens_nothing(team: CaseTeam) -> None:
    grant = CaseGrant.objects.get(user=team.people["surgeon"])
    services.revoke_grant(actor=team.actor("coordinator"), case_id=team.case_id, grant_id=grant.pk)
    with pytest.raises(NotVisible):
        policies.view_case(actor=team.actor("surgeon"), case_id=team.case_id)


def test_of_several_grants_the_most_permissive_wins_and_removal_recomputes(
    team: CaseTeam,
) -> None:
    user = team.people["consultant"]
    services.grant_access(
        actor=SYSTEM,
        case_id=team.case_id,
        user_id=user.pk,
        capacity=Capacity.MEMBER,
        guise=Guise.IDENTIFIED,
        source=GrantSource.BOARD,
        source_id="b",
    )
    standing = selectors.standing_in(actor=team.actor("consultant"), case_id=team.case_id)
    assert standing is not None
    assert standing.guise == Guise.IDENTIFIED
    assert standing.capacities == {Capacity.CONSULTANT, Capacity.MEMBER}
    services.revoke_source(actor=SYSTEM, source=GrantSource.BOARD, source_id="b")
    standing = selectors.standing_in(actor=team.actor("consultant"), case_id=team.case_id)
    assert standing is not None
    assert standing.is_deidentified


def test_a_deidentified_viewer_never_receives_identity(team: CaseTeam) -> None:
    client = Client()
    client.force_login(
        team.people["consultant"], backend="django.contrib.auth.backends.ModelBackend"
    )
    patient = team.case.patient
    for path in ("/api/cases", f"/api/cases/{team.case_id}"):
        body = client.get(path).content.decode()
        for secret in (patient.name, patient.patient_id, str(patient.pk), "1961-05-04"):
            assert secret not in body, f"{secret} in {path}"
        assert "SUBJ-" in body
    assert client.get(f"/api/cases/{team.case_id}/members").status_code == 403


def test_search_by_name_finds_nothing_for_a_deidentified_viewer(team: CaseTeam) -> None:
    def hits(who: str) -> int:
        return selectors.search_cases(actor=team.actor(who), text="Doe").count()

    assert hits("radiologist") == 1
    assert hits("consultant") == 0


@pytest.mark.parametrize(
    ("policy", "allowed"),
    [
        (
            policies.view_case,
            {"coordinator", "chair", "radiologist", "surgeon", "trainee", "consultant"},
        ),
        (policies.view_identified, {"coordinator", "chair", "radiologist", "surgeon", "trainee"}),
        (policies.edit_case, {"coordinator", "chair"}),
        (policies.manage_members, {"coordinator", "chair"}),
        (policies.link_studies, {"coordinator", "chair", "radiologist"}),
        (policies.confirm_mismatch, {"coordinator"}),
        (policies.annotate_case, {"chair", "radiologist", "surgeon", "trainee", "consultant"}),
        (policies.run_ai, {"chair", "radiologist", "surgeon"}),
        (policies.review_findings, {"radiologist"}),
        (policies.write_decision, {"coordinator", "chair"}),
        (policies.sign_decision, {"chair"}),
        (policies.state_position, {"chair", "radiologist", "surgeon"}),
    ],
)
def test_the_permission_table(team: CaseTeam, policy: Policy, allowed: set[str]) -> None:
    everyone = {"coordinator", "chair", "radiologist", "surgeon", "trainee", "consultant"}
    for who in everyone:
        try:
            policy(actor=team.actor(who), case_id=team.case_id)
            passed = True
        except Forbidden:
            passed = False
        assert passed == (who in allowed), f"{policy.__name__}: {who}"
    for stranger in ("outsider", "system_admin", "ai_admin", "auditor"):
        with pytest.raises(NotVisible):
            policy(actor=team.actor(stranger), case_id=team.case_id)


def test_a_consultants_grant_needs_an_end_within_ninety_days(team: CaseTeam) -> None:
    user = make_person()
    for expires_at, code in (
        (None, "expiry_needed"),
        (datetime.now(UTC) - timedelta(days=1), "expiry_past"),
        (datetime.now(UTC) + timedelta(days=91), "expiry_too_late"),
    ):
        with pytest.raises(InvalidInput) as caught:
            services.grant_access(
                actor=team.actor("chair"),
                case_id=team.case_id,
                user_id=user.pk,
                capacity=Capacity.CONSULTANT,
                guise=Guise.DEIDENTIFIED,
                expires_at=expires_at,
            )
        assert caught.value.error_code == code


def test_a_stale_edit_is_refused_and_loses_nothing(team: CaseTeam) -> None:
    actor = team.actor("coordinator")
    services.edit_case(
        actor=actor, case_id=team.case_id, version=1, changes={"stage": "cT2a N1 M0"}
    )
    with pytest.raises(StaleVersion):
        services.edit_case(actor=actor, case_id=team.case_id, version=1, changes={"stage": "x"})
    team.case.refresh_from_db()
    assert (team.case.stage, team.case.version) == ("cT2a N1 M0", 2)


def test_an_illegal_move_names_both_states(team: CaseTeam) -> None:
    with pytest.raises(IllegalMove) as caught:
        services.move_case(actor=SYSTEM, case_id=team.case_id, to="decided")
    assert caught.value.details == {"from": "submitted", "to": "decided"}


def test_reading_a_case_is_audited(team: CaseTeam) -> None:
    client = Client()
    user = team.people["surgeon"]
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    client.get(f"/api/cases/{team.case_id}")
    entry = AuditEntry.objects.get(action="case.viewed", actor_id=user.pk)
    assert (entry.case_id, entry.patient_id) == (team.case_id, team.case.patient_id)


@pytest.mark.parametrize("rows", [1, 10, 40])
def test_the_worklist_costs_the_same_queries_at_any_length(
    rows: int, django_assert_max_num_queries: object
) -> None:
    user = make_person(roles=("coordinator",))
    patient = make_patient()
    from apps.accounts.selectors import actor_for

    for number in range(rows):
        services.create_case(
            actor=actor_for(user=user), patient_id=patient.pk, title=f"Case {number}"
        )
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    client.get("/api/me")
    with django_assert_max_num_queries(18):  # type: ignore[operator]
        assert len(client.get("/api/cases").json()["results"]) == rows


IDENTITY = PatientIdentity("A", "1", "Doe^Jane", date(1960, 1, 1), "F")


@pytest.mark.parametrize(
    ("found", "mismatches"),
    [
        (IDENTITY, []),
        (PatientIdentity("A", "1", "Roe^Jane", date(1960, 1, 1), "F"), []),
        (PatientIdentity("", "1", "Doe^Jane", None, ""), []),
        (PatientIdentity("A", "2", "Doe^Jane", date(1960, 1, 1), "F"), ["patient_id"]),
        (PatientIdentity("A", "", "Doe^Jane", date(1960, 1, 1), "F"), ["patient_id"]),
        (PatientIdentity("B", "1", "Doe^Jane", date(1960, 1, 1), "F"), ["issuer"]),
        (PatientIdentity("A", "1", "Doe^Jane", date(1961, 1, 1), "M"), ["birth_date", "sex"]),
    ],
)
def test_a_name_alone_never_matches(found: PatientIdentity, mismatches: list[str]) -> None:
    assert find_mismatches(expected=IDENTITY, found=found) == mismatches


def test_capabilities_are_asked_at_one_look_and_never_remembered(
    team: CaseTeam, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    surgeon = team.actor("surgeon")
    with django_assert_num_queries(1):
        assert "annotate" in policies.capabilities(actor=surgeon, case_id=team.case_id)
    CaseGrant.objects.filter(user=team.people["surgeon"]).update(revoked_at=datetime.now(UTC))
    assert policies.capabilities(actor=surgeon, case_id=team.case_id) == []
    with pytest.raises(NotVisible):
        policies.view_case(actor=surgeon, case_id=team.case_id)
