"""A version in shadow runs beside the one in use, and nobody is shown that it did."""

import pytest

from apps.ai import selectors, services, sweeper
from apps.ai.exceptions import ModelNotActive
from apps.ai.models import Finding, Job, ModelVersion
from apps.ai.services.ranking import rerank_waiting_jobs
from apps.core.exceptions import NotVisible
from tests.apps.ai import world
from tests.apps.ai.bundles import write_bundle
from tests.apps.ai.test_api import client
from tests.people import make_case_team

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]
WHY = "To be watched beside the one in use."


@pytest.fixture
def team():
    return make_case_team()


@pytest.fixture
def versions(tmp_path, team):
    made = []
    for number in ("1.0", "2.0"):
        root = write_bundle(tmp_path / f"bright-{number}", version=number)
        made.append(services.register_bundle(actor=world.INSTALLER, root=root, slug="bright"))
    return made


@pytest.fixture
def in_use(team, versions):
    return world.put_into_use(team=team, version=versions[0])


@pytest.fixture
def shadow(team, in_use, versions):
    world.approve(team=team, version=versions[1])
    return services.put_into_shadow(
        actor=team.actor("ai_admin"), version_id=versions[1].pk, reason=WHY
    )


def finish(job):
    return services.complete_job(
        job_id=job.pk, fence=job.fence, drafts=[world.draft()], grid=world.GRID, parameters={}
    )


def finish_all():
    done = []
    while (job := services.claim_next_job(worker="w")) is not None:
        done.append(finish(job))
    return done


def test_a_request_is_followed_in_shadow_once(team, in_use, shadow):
    series = world.indexed_series(team=team)
    for _ in range(3):
        world.request(team=team, version=in_use, series=series)
    jobs = {job.version_id: job for job in Job.objects.all()}
    assert set(jobs) == {in_use.pk, shadow.pk}
    assert (jobs[in_use.pk].is_shadow, jobs[shadow.pk].is_shadow) == (False, True)
    rerank_waiting_jobs()
    sweeper.sweep()
    assert {job.state for job in finish_all()} == {"findings"}
    assert Finding.with_shadow.count() == 2
    assert Finding.objects.get().job.version_id == in_use.pk


def test_people_are_told_of_the_one_in_use_only(team, in_use, shadow):
    world.request(team=team, version=in_use, series=world.indexed_series(team=team))
    finish_all()
    hidden = Job.objects.get(is_shadow=True)
    finding = Finding.with_shadow.get(job=hidden)
    browser = client(team, "radiologist")
    (listed,) = browser.get("/api/findings", {"case": team.case_id}).json()["results"]
    assert listed["model"]["version"] == "1.0"
    assert len(browser.get("/api/jobs", {"case": team.case_id}).json()["results"]) == 1
    assert len(browser.get("/api/jobs").json()["results"]) == 1
    for path in (
        f"jobs/{hidden.pk}",
        f"findings/{finding.pk}",
        f"findings/{finding.pk}/mask",
        f"findings/{finding.pk}/mask-geometry",
    ):
        assert browser.get(f"/api/{path}").status_code == 404, path
    for path, body in (
        (f"findings/{finding.pk}/accept", {"version": 1}),
        (f"findings/{finding.pk}/dismiss", {"version": 1, "reason_code": "duplicate"}),
        (f"jobs/{hidden.pk}/cancel", {}),
        (f"jobs/{hidden.pk}/retry", {}),
    ):
        assert browser.post(f"/api/{path}", body, format="json").status_code == 404, path
    assert browser.get(f"/api/cases/{team.case_id}").json()["findings_unreviewed"] == 1
    # AI administration sees that it ran, without a study.
    admin = client(team, "ai_admin").get("/api/jobs").json()["results"]
    assert sorted(one["is_shadow"] for one in admin) == [False, True]
    assert {one["case"] for one in admin} == {None}


def test_review_by_service_is_closed_too(team, in_use, shadow):
    world.request(team=team, version=in_use, series=world.indexed_series(team=team))
    finish_all()
    finding = Finding.with_shadow.get(job__is_shadow=True)
    with pytest.raises(NotVisible):
        services.accept_finding(
            actor=team.actor("radiologist"), finding_id=finding.pk, case_id=team.case_id, version=1
        )
    assert not selectors.accepted_findings(case_id=team.case_id).exists()


def test_a_person_does_not_ask_a_model_that_is_in_shadow_only(team, in_use):
    services.put_into_shadow(actor=team.actor("ai_admin"), version_id=in_use.pk, reason=WHY)
    series = world.indexed_series(team=team)
    with pytest.raises(ModelNotActive):
        world.request(team=team, version=in_use, series=series)
    job = services.request_job(
        actor=world.INSTALLER, case_id=team.case_id, model_id=in_use.model_id,
        series_instance_uid=series.series_instance_uid,
    )  # fmt: skip
    assert job.is_shadow, "the system's own rules keep a version in shadow busy"


def test_what_was_found_before_a_demotion_stays_and_what_follows_is_hidden(team, in_use):
    before = world.finished_job(
        team=team, version=in_use, series=world.indexed_series(team=team), findings=1
    )
    services.put_into_shadow(actor=team.actor("ai_admin"), version_id=in_use.pk, reason=WHY)
    series = world.indexed_series(team=team)
    services.request_job(
        actor=world.INSTALLER, case_id=team.case_id, model_id=in_use.model_id,
        series_instance_uid=series.series_instance_uid,
    )  # fmt: skip
    finish_all()
    shown = Finding.objects.all()
    assert [one.job_id for one in shown] == [before.pk]
    assert Finding.with_shadow.count() == 2


def test_asked_once_it_is_in_use_the_answer_of_the_shadow_is_shown(team, in_use, shadow):
    series = world.indexed_series(team=team)
    world.request(team=team, version=in_use, series=series)
    finish_all()
    services.propose_activation(actor=team.actor("ai_admin"), version_id=shadow.pk, reason=WHY)
    services.confirm_activation(actor=team.actor("radiologist"), version_id=shadow.pk)
    assert Finding.objects.count() == 1, "coming into use shows nothing by itself"
    job = world.request(team=team, version=shadow, series=series)
    assert (job.version_id, job.state, job.is_shadow) == (shadow.pk, "findings", False)
    assert Finding.objects.count() == 2
    assert Job.objects.count() == 2, "nothing ran again"


def test_a_shadow_that_cannot_read_the_study_refuses_nothing(team, in_use, shadow):
    roles = [{"role": "t1", "series": {"modality": "MR"}}, {"role": "t2"}]
    ModelVersion.objects.filter(pk=shadow.pk).update(scope={**shadow.scope, "inputs": roles})
    job = world.request(team=team, version=in_use, series=world.indexed_series(team=team))
    assert job.state == "queued"
    assert Job.objects.count() == 1
