"""A worker takes what fits into its device's memory; what fits nobody ends by name."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.ai import admission, execution, services
from apps.ai.admission import Admission, Need, admit, estimate_need
from apps.ai.models import Job
from apps.ai.runner.memory import DeviceMemory
from apps.ai.services.claiming import Place, need_of, say_memory
from apps.core.models import Heartbeat
from apps.imaging.models import Instance
from tests.apps.ai import world
from tests.people import make_case_team

pytestmark = pytest.mark.django_db
MIB, GIB = 1024**2, 1024**3


@pytest.fixture
def team():
    return make_case_team()


@pytest.fixture
def make_version(tmp_path):
    def make(slug, memory_mb=None):
        version = world.builtin_version(tmp_path, slug=slug)
        version.limits = {} if memory_mb is None else {"memory_mb": memory_mb}
        version.save()
        return version

    return make


def ask(team, version):
    return world.request(team=team, version=version, series=world.indexed_series(team=team))


def place(*, total=8, free=8, name="here/cpu") -> Place:
    return Place(name=name, memory=DeviceMemory(int(total * GIB), int(free * GIB)))


def claim(where: Place) -> Job | None:
    say_memory(place=where)
    return services.claim_next_job(worker="w", place=where)


def wait_in(where: Place, seconds: float) -> None:
    """As if the worker had first passed over its jobs so long ago."""
    for job_id in where.since:
        where.since[job_id] -= seconds


@pytest.mark.parametrize(
    ("need", "is_stated", "free", "waited_s", "others", "verdict"),
    [
        (4, True, 4, 0, True, Admission.TAKE),
        (4, True, 3, 0, True, Admission.PASS_OVER),
        (4, True, 3, 200, True, Admission.HOLD_BACK),
        (4, True, 3, 200, False, Admission.PASS_OVER),
        (4, True, 3, 700, True, Admission.GIVE_UP),
        (9, True, 3, 0, False, Admission.TOO_LARGE),
        (9, True, 3, 700, False, Admission.TOO_LARGE),
        (4, False, 3, 0, True, Admission.PASS_OVER),
        (4, False, 3, 200, True, Admission.TAKE),
        (9, False, 3, 0, False, Admission.TAKE),
    ],
)
def test_what_a_worker_does_with_a_job(need, is_stated, free, waited_s, others, verdict):
    got = admit(
        need=Need(need * GIB, is_stated), memory=DeviceMemory(8 * GIB, free * GIB),
        waited_s=waited_s, others_run=others,
    )  # fmt: skip
    assert got is verdict


def test_a_stated_need_binds_and_an_estimate_grows_with_the_volume():
    stated = estimate_need(limits={"memory_mb": 700}, is_builtin=False, voxels=10**9)
    assert stated == Need(700 * MIB, is_stated=True)
    growing = {"memory_mb": 700, "memory_bytes_per_voxel": 60}
    assert estimate_need(limits=growing, is_builtin=False, voxels=10**7) == Need(
        700 * MIB + 600_000_000, is_stated=True
    )
    small, large = (
        estimate_need(limits={}, is_builtin=False, voxels=voxels) for voxels in (10**6, 10**8)
    )
    assert not small.is_stated
    assert large.bytes - small.bytes == 99 * 10**6 * (24 + 2 * 12)


def test_voxels_are_those_of_the_images_of_all_inputs(team, make_version):
    job = ask(team, make_version("a"))
    for index in range(3):
        Instance.objects.create(
            study=job.series.study, series=job.series, sop_instance_uid=f"1.2.{index}",
            sop_class_uid="1.2", index=index, frames=2, rows=100, columns=50, sha256="0" * 64,
        )  # fmt: skip
    wanted = admission.BUILTIN_BASE_BYTES + 3 * 2 * 100 * 50 * admission.BUILTIN_BYTES_PER_VOXEL
    assert need_of(job=job) == Need(wanted, is_stated=False)


def test_a_small_job_goes_before_a_large_one_that_has_to_wait(team, make_version):
    large, small = ask(team, make_version("large", 6_000)), ask(team, make_version("small", 500))
    here = place(free=2)
    assert claim(here).pk == small.pk
    large.refresh_from_db()
    assert (large.state, large.reason_code) == ("queued", "waiting_for_memory")
    assert "5.9 GB" in large.reason_message
    here.memory = DeviceMemory(8 * GIB, 8 * GIB)
    taken = claim(here)
    assert (taken.pk, taken.state, taken.reason_code) == (large.pk, "running", "")


def test_small_jobs_do_not_overtake_for_ever_while_something_runs_that_will_end(team, make_version):
    large, small = ask(team, make_version("large", 6_000)), make_version("small", 500)
    here = place(free=2)
    first, second = ask(team, small), ask(team, small)
    assert claim(here).pk == first.pk
    wait_in(here, admission.OVERTAKEN_FOR_S + 1)
    assert claim(here) is None, "what runs will end and free memory for the large one"
    second.refresh_from_db()
    assert second.state == "queued"
    services.fail_job(job_id=first.pk, fence=1, code="x", message="y")
    assert claim(here).pk == second.pk, "nothing runs: to hold back would free nothing"
    assert Job.objects.get(pk=large.pk).state == "queued"


def test_memory_that_is_never_free_ends_the_job_by_name(team, make_version):
    job = ask(team, make_version("large", 6_000))
    here = place(free=2)
    assert claim(here) is None
    wait_in(here, admission.WAITS_AT_MOST_S + 1)
    ended = claim(here)
    assert (ended.pk, ended.state, ended.reason_code) == (job.pk, "failed", "memory_not_freed")
    assert "5.9 GB" in ended.reason_message
    assert claim(here) is None


def test_a_job_larger_than_every_worker_ends_by_name(team, make_version):
    job = ask(team, make_version("huge", 100_000))
    here = place()
    say_memory(place=place(total=24, name="gpu/cuda:0"))
    assert claim(here) is None, "a worker that has just come may not have spoken yet"
    wait_in(here, admission.FITS_NOBODY_AFTER_S + 1)
    ended = claim(here)
    assert (ended.pk, ended.state, ended.reason_code) == (job.pk, "failed", "memory_fits_nobody")
    assert "97.7 GB" in ended.reason_message
    assert "24.0 GB" in ended.reason_message


def test_a_job_waits_for_the_worker_it_fits_and_not_for_one_that_is_gone(team, make_version):
    job = ask(team, make_version("huge", 100_000))
    here, large = place(), place(total=141, name="gpu/cuda:0")
    say_memory(place=large)
    assert claim(here) is None
    wait_in(here, admission.FITS_NOBODY_AFTER_S + 1)
    assert claim(here) is None, "the large worker lives; it is at work"
    job.refresh_from_db()
    assert job.state == "queued"
    gone = timezone.now() - timedelta(seconds=admission.FITS_NOBODY_AFTER_S + 5)
    assert Heartbeat.objects.filter(name="ai-device@gpu/cuda:0").update(at=gone) == 1
    assert claim(here).reason_code == "memory_fits_nobody"


def test_an_estimate_alone_refuses_nothing(team, make_version):
    ask(team, make_version("guessed"))
    assert claim(place(total=0.1, free=0.1)).state == "running"


def test_a_job_that_failed_for_memory_can_be_asked_for_again(team, make_version):
    version = make_version("huge", 100_000)
    job = ask(team, version)
    here = place()
    claim(here)
    wait_in(here, admission.FITS_NOBODY_AFTER_S + 1)
    claim(here)
    services.retry_job(actor=team.actor("radiologist"), job_id=job.pk)
    assert claim(here) is None
    assert claim(place(total=141, free=141, name="gpu/cuda:0")).pk == job.pk


def test_a_worker_on_the_processor_knows_its_memory_and_says_it(team, make_version, house):
    execution.worker_place.cache_clear()
    execution.model_runner.cache_clear()
    ask(team, make_version("huge", 1_000_000))
    assert execution.run_waiting_jobs(worker="w") == 0
    (beat,) = Heartbeat.objects.filter(name__startswith="ai-device@")
    with open("/proc/meminfo") as stream:
        total_mb = int(stream.readline().split()[1]) >> 10
    assert 0 < beat.detail["free_mb"] <= beat.detail["total_mb"] <= total_mb
    assert execution.model_runner().starts == 0, "nothing is started to look"
