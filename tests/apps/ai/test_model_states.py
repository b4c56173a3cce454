"""A version's way into use and out of it: two people, kept words, and a way back."""

import datetime

import pytest
from django.db import IntegrityError, transaction

from apps.accounts.choices import Discipline, SystemRole
from apps.accounts.selectors import actor_for
from apps.ai import selectors, services
from apps.ai.choices import JobState
from apps.ai.exceptions import (
    ContentNotShown,
    ModelNotApproved,
    NothingProposed,
    NothingToRollBackTo,
    ReasonNeeded,
)
from apps.ai.models import ActivationProposal, ModelVersion
from apps.audit.models import AuditEntry
from apps.core.exceptions import Conflict, Forbidden, IllegalMove, InvalidInput
from tests.apps.ai import world
from tests.apps.ai.bundles import write_bundle
from tests.people import make_case_team, make_person

pytestmark = pytest.mark.django_db

WHY = "It misses lesions under 10 mm."
SUMMARY = {
    "date": "2026-11-20",
    "n": 40,
    "headline": {"dice": 0.91, "sensitivity": 0.88},
    "report_sha256": "ab" * 32,
    "subgroups": {"F": 21},
}


@pytest.fixture
def team():
    return make_case_team()


@pytest.fixture
def admin(team):
    return team.actor("ai_admin")


@pytest.fixture
def clinician(team):
    return team.actor("radiologist")


@pytest.fixture
def make_version(tmp_path, settings, admin):
    settings.VAR_DIR = tmp_path / "var"

    def make(number: str) -> ModelVersion:
        root = write_bundle(tmp_path / f"bright-{number}", version=number)
        return services.register_bundle(actor=admin, root=root, slug="bright")

    return make


@pytest.fixture
def version(make_version):
    return make_version("1.0")


def state_of(version):
    version.refresh_from_db()
    return version.state


def last_change(version):
    return version.changes.first()


def test_a_validation_makes_a_registered_version_validated(version, team, admin):
    with pytest.raises(ModelNotApproved):
        services.record_local_validation(actor=admin, version_id=version.pk, summary=SUMMARY)
    world.approve(team=team, version=version)
    record = services.record_local_validation(actor=admin, version_id=version.pk, summary=SUMMARY)
    assert state_of(version) == "validated"
    assert (record.studies, record.headline["dice"]) == (40, 0.91)
    assert record.summary["subgroups"] == {"F": 21}
    assert record.done_on == datetime.date(2026, 11, 20)
    with pytest.raises(Conflict) as caught:
        services.record_local_validation(actor=admin, version_id=version.pk, summary=SUMMARY)
    assert caught.value.error_code == "validation_known"
    # Validated, it needs no reason to be proposed.
    services.propose_activation(actor=admin, version_id=version.pk)


@pytest.mark.parametrize(
    "wrong",
    [
        {"n": 0},
        {"n": "many"},
        {"date": "2999-01-01"},
        {"headline": {}},
        {"headline": {"dice": float("nan")}},
        {"report_sha256": "abc"},
        {"date": None},
    ],
)
def test_a_summary_that_says_nothing_is_refused(version, team, admin, wrong):
    world.approve(team=team, version=version)
    with pytest.raises(InvalidInput) as caught:
        services.record_local_validation(
            actor=admin, version_id=version.pk, summary={**SUMMARY, **wrong}
        )
    assert caught.value.error_code == "validation_unreadable"
    assert state_of(version) == "registered"


def test_a_bundle_not_validated_here_needs_a_reason_that_is_kept(version, team, admin, clinician):
    world.approve(team=team, version=version)
    for short in ("", "   ", "because"):
        with pytest.raises(ReasonNeeded):
            services.propose_activation(actor=admin, version_id=version.pk, reason=short)
    services.propose_activation(actor=admin, version_id=version.pk, reason="Phantoms only so far.")
    assert state_of(version) == "registered"
    services.confirm_activation(actor=clinician, version_id=version.pk)
    assert state_of(version) == "active"
    change = last_change(version)
    assert (change.kind, change.reason) == ("activated", "Phantoms only so far.")
    assert (change.user_id, change.confirmed_by_id) == (admin.id, clinician.id)
    shown = selectors.get_version(version_id=version.pk)
    assert selectors.unvalidated_reason(version=shown) == "Phantoms only so far."
    entry = AuditEntry.objects.get(action="model.activated", entity_id=str(version.pk))
    assert (entry.actor_id, entry.details["from"]) == (clinician.id, "registered")
    assert AuditEntry.objects.filter(action="model.proposed", actor_id=admin.id).count() == 1


def test_who_proposes_does_not_confirm(version, team, admin, clinician):
    world.approve(team=team, version=version)
    with pytest.raises(Forbidden):
        services.propose_activation(actor=clinician, version_id=version.pk, reason=WHY)
    with pytest.raises(NothingProposed):
        services.confirm_activation(actor=clinician, version_id=version.pk)
    services.propose_activation(actor=admin, version_id=version.pk, reason=WHY)
    both = make_person(discipline=Discipline.RADIOLOGY, roles=(SystemRole.AI_ADMIN,))
    for other in (admin, actor_for(user=both), team.actor("trainee"), team.actor("coordinator")):
        with pytest.raises(Forbidden):
            services.confirm_activation(actor=other, version_id=version.pk)
    assert state_of(version) == "registered"
    with pytest.raises(Conflict):
        services.propose_activation(actor=admin, version_id=version.pk, reason=WHY)


def test_one_person_who_changed_sides_is_still_one_person(version, team, admin):
    world.approve(team=team, version=version)
    services.propose_activation(actor=admin, version_id=version.pk, reason=WHY)
    user = team.people["ai_admin"]
    user.discipline = Discipline.RADIOLOGY
    user.save()
    user.roles.all().delete()
    with pytest.raises(Forbidden) as caught:
        services.confirm_activation(actor=team.actor("ai_admin"), version_id=version.pk)
    assert caught.value.error_code == "second_person_needed"
    with pytest.raises(IntegrityError), transaction.atomic():
        ActivationProposal.objects.update(confirmed_by=user.pk)


def test_words_name_the_content_on_the_screen(version, team, admin, clinician):
    world.approve(team=team, version=version)
    other = "0" * 64
    with pytest.raises(ContentNotShown):
        services.propose_activation(
            actor=admin, version_id=version.pk, reason=WHY, tree_sha256=other
        )
    services.propose_activation(actor=admin, version_id=version.pk, reason=WHY)
    with pytest.raises(ContentNotShown):
        services.confirm_activation(actor=clinician, version_id=version.pk, tree_sha256=other)


def test_a_clinician_may_decline_and_it_is_not_confirmed_after_that(
    version, team, admin, clinician
):
    world.approve(team=team, version=version)
    services.propose_activation(actor=admin, version_id=version.pk, reason=WHY)
    services.decline_activation(actor=clinician, version_id=version.pk)
    with pytest.raises(NothingProposed):
        services.confirm_activation(actor=clinician, version_id=version.pk)


def test_a_proposal_does_not_outlive_a_suspension(version, team, admin, clinician):
    world.approve(team=team, version=version)
    services.put_into_shadow(actor=admin, version_id=version.pk, reason=WHY)
    services.propose_activation(actor=admin, version_id=version.pk, reason=WHY)
    services.suspend_version(actor=admin, version_id=version.pk, reason=WHY)
    with pytest.raises(NothingProposed):
        services.confirm_activation(actor=clinician, version_id=version.pk)


@pytest.mark.parametrize(
    "act", [services.put_into_shadow, services.suspend_version, services.retire_version]
)
def test_nothing_leaves_its_use_by_itself_or_by_others(version, team, act):
    world.put_into_use(team=team, version=version)
    for actor in (world.INSTALLER, team.actor("radiologist"), team.actor("system_admin")):
        with pytest.raises(Forbidden):
            act(actor=actor, version_id=version.pk, reason=WHY)
    with pytest.raises(ReasonNeeded):
        act(actor=team.actor("ai_admin"), version_id=version.pk, reason="")
    assert state_of(version) == "active"


def test_nothing_comes_back_from_retirement(version, team, admin):
    world.put_into_use(team=team, version=version)
    services.retire_version(actor=admin, version_id=version.pk, reason=WHY)
    with pytest.raises(IllegalMove):
        services.propose_activation(actor=admin, version_id=version.pk, reason=WHY)
    with pytest.raises(IllegalMove):
        services.put_into_shadow(actor=admin, version_id=version.pk, reason=WHY)


def test_content_nobody_approved_is_not_run_in_shadow(version, admin):
    with pytest.raises(ModelNotApproved):
        services.put_into_shadow(actor=admin, version_id=version.pk, reason=WHY)


def test_the_next_version_replaces_and_one_person_rolls_back(make_version, team, admin):
    first = world.put_into_use(team=team, version=make_version("1.0"))
    second = world.put_into_use(team=team, version=make_version("2.0"))
    assert (state_of(first), last_change(first).kind) == ("suspended", "replaced")
    assert last_change(first).reason == "Replaced by version 2.0."
    came_back = services.roll_back(actor=admin, version_id=second.pk, reason=WHY)
    assert came_back.pk == first.pk
    assert (state_of(first), state_of(second)) == ("active", "suspended")
    assert (last_change(second).kind, last_change(second).reason) == ("rolled_back", WHY)
    assert last_change(first).kind == "brought_back"
    # What was rolled back from does not come back in one step.
    with pytest.raises(NothingToRollBackTo):
        services.roll_back(actor=admin, version_id=first.pk, reason=WHY)


def test_a_roll_back_may_leave_the_present_one_in_shadow(make_version, team, admin):
    first = world.put_into_use(team=team, version=make_version("1.0"))
    second = world.put_into_use(team=team, version=make_version("2.0"))
    services.roll_back(actor=admin, version_id=second.pk, reason=WHY, to="shadow")
    assert (state_of(first), state_of(second)) == ("active", "shadow")
    with pytest.raises(InvalidInput):
        services.roll_back(actor=admin, version_id=first.pk, reason=WHY, to="retired")


def test_after_a_suspension_the_one_before_still_comes_back(make_version, team, admin):
    first = world.put_into_use(team=team, version=make_version("1.0"))
    second = world.put_into_use(team=team, version=make_version("2.0"))
    services.suspend_version(actor=admin, version_id=second.pk, reason=WHY)
    services.roll_back(actor=admin, version_id=second.pk, reason=WHY)
    assert (state_of(first), state_of(second)) == ("active", "suspended")


def test_a_version_withdrawn_for_a_reason_is_not_rolled_back_to(make_version, team, admin):
    first = world.put_into_use(team=team, version=make_version("1.0"))
    services.suspend_version(actor=admin, version_id=first.pk, reason=WHY)
    second = world.put_into_use(team=team, version=make_version("2.0"))
    with pytest.raises(NothingToRollBackTo):
        services.roll_back(actor=admin, version_id=second.pk, reason=WHY)
    assert (state_of(first), state_of(second)) == ("suspended", "active")


def test_a_clinician_does_not_roll_back(make_version, team, clinician):
    world.put_into_use(team=team, version=make_version("1.0"))
    second = world.put_into_use(team=team, version=make_version("2.0"))
    with pytest.raises(Forbidden):
        services.roll_back(actor=clinician, version_id=second.pk, reason=WHY)


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (services.suspend_version, "model_suspended"),
        (services.put_into_shadow, "model_in_shadow"),
        (services.retire_version, "model_retired"),
    ],
)
def test_waiting_jobs_end_with_the_reason(version, team, admin, act, code):
    world.put_into_use(team=team, version=version)
    job = world.request(team=team, version=version, series=world.indexed_series(team=team))
    act(actor=admin, version_id=version.pk, reason=WHY)
    job.refresh_from_db()
    assert (job.state, job.reason_code) == (JobState.CANCELLED, code)
    assert job.reason_message


def test_what_a_withdrawn_version_still_computes_is_not_written(version, team, admin, house):
    world.put_into_use(team=team, version=version)
    world.request(team=team, version=version, series=world.indexed_series(team=team))
    job = services.claim_next_job(worker="w")
    services.suspend_version(actor=admin, version_id=version.pk, reason=WHY)
    assert services.heartbeat_job(job_id=job.pk, fence=job.fence, progress=0.5, stage="run")
    done = services.complete_job(
        job_id=job.pk, fence=job.fence, drafts=[world.draft()], grid=world.GRID, parameters={}
    )
    assert (done.state, done.reason_code) == (JobState.CANCELLED, "model_not_active")
    assert done.findings.count() == 0


def test_a_release_takes_over_a_built_in_where_the_house_had_put_it(tmp_path, admin):
    first = world.builtin_version(tmp_path)
    assert state_of(first) == "active"
    assert [one.kind for one in first.changes.all()] == ["activated", "registered"]
    services.suspend_version(actor=admin, version_id=first.pk, reason=WHY)
    (tmp_path / "analysis-threshold" / "more.py").write_text("VALUE = 2\n")
    source = tmp_path / "analysis-threshold"
    second = services.register_builtin(
        actor=world.INSTALLER, slug="threshold", name="Threshold", version="1.1",
        module="apps.ai.analyses.pet_lesions", source=source, card={}, scope={"rules": []},
        default_parameters={},
    )  # fmt: skip
    assert (state_of(first), state_of(second)) == ("retired", "registered")


def test_what_may_be_done_is_what_the_services_allow(version, team, admin, clinician):
    def may(actor):
        shown = selectors.get_version(version_id=version.pk)
        return [act.value for act in selectors.version_acts(actor=actor, version=shown)]

    assert (may(admin), may(clinician)) == (["approve", "retire"], ["approve"])
    world.approve(team=team, version=version)
    assert (may(admin), may(clinician)) == (["propose", "shadow", "retire"], [])
    services.propose_activation(actor=admin, version_id=version.pk, reason=WHY)
    assert may(admin) == ["decline", "shadow", "retire"]
    assert may(clinician) == ["confirm", "decline"]
    services.confirm_activation(actor=clinician, version_id=version.pk)
    assert (may(admin), may(clinician)) == (["shadow", "suspend"], [])
    for who in ("trainee", "coordinator", "auditor", "system_admin"):
        assert may(team.actor(who)) == []
    assert may(world.INSTALLER) == []
