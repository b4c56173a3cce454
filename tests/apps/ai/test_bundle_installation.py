"""``manage.py bundles``: from a directory or ZIP file to two approvals."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from apps.accounts.choices import Discipline, SystemRole
from apps.ai import conf, services
from apps.ai.exceptions import NotABundle
from apps.ai.models import ModelVersion
from apps.core.exceptions import Forbidden
from tests.apps.ai import archives
from tests.apps.ai.bundles import write_bundle
from tests.apps.ai.world import INSTALLER
from tests.people import make_person

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def store(tmp_path, settings):
    settings.VAR_DIR = tmp_path / "var"


@pytest.fixture
def bundle(tmp_path):
    return write_bundle(tmp_path / "bright")


def say(*arguments: object) -> str:
    out = StringIO()
    call_command("bundles", *map(str, arguments), stdout=out)
    return out.getvalue()


def test_zip_and_directory_are_one_content(bundle, tmp_path):
    archive = archives.pack_tree(bundle, tmp_path / "bright.zip", folder="bright/")
    said = say("install", archive)
    version = ModelVersion.objects.get()
    assert version.state == "registered"
    assert version.tree_sha256 in said
    assert "+ configs/inference.json" in said
    say("install", bundle)
    assert ModelVersion.objects.count() == 1


def test_a_bundle_without_side_car_gets_the_houses(bundle, tmp_path):
    side_car = tmp_path / "spleen.json"
    (bundle / "consilium.json").rename(side_car)
    archive = archives.pack_tree(bundle, tmp_path / "bright.zip", folder="bright/")
    with pytest.raises(CommandError, match="document_missing"):
        say("install", archive)
    say("install", archive, "--side-car", side_car)
    kept = conf.bundle_store() / ModelVersion.objects.get().tree_sha256 / "consilium.json"
    assert kept.read_bytes() == side_car.read_bytes()
    assert not (bundle / "consilium.json").exists(), "the source is left as it was"
    with pytest.raises(CommandError, match="side_car"):
        say("install", write_bundle(tmp_path / "own"), "--side-car", side_car)


def test_the_next_version_is_compared_with_the_one_before(bundle, tmp_path):
    say("install", bundle)
    (bundle / "scripts" / "more.py").write_text("VALUE = 1\n")
    metadata = json.loads((bundle / "configs/metadata.json").read_text())
    (bundle / "configs/metadata.json").write_text(json.dumps({**metadata, "version": "0.2.0"}))
    said = say("install", bundle)
    assert "compared with 0.1.0" in said
    assert "+ scripts/more.py  10 bytes" in said
    assert "~ configs/metadata.json" in said
    assert "inference.json" not in said
    second, first = ModelVersion.objects.order_by("-created_at")
    assert "+ scripts/more.py" in say("diff", first.pk, second.tree_sha256[:12])
    assert "- scripts/more.py" in say("diff", second.pk, first.pk)
    assert "no difference" in say("diff", first.pk, first.pk)
    assert say("list").count("registered") == 2
    assert "models/model.pt" in say("show", second.pk)
    with pytest.raises(CommandError, match="no version"):
        say("show", "0" * 12)


def test_two_people_approve_and_put_it_into_use_by_name(bundle):
    say("install", bundle)
    version = ModelVersion.objects.get()
    admin = make_person(discipline=Discipline.ADMINISTRATION, roles=(SystemRole.AI_ADMIN,))
    clinician = make_person(discipline=Discipline.RADIOLOGY)
    assert "registered, 1 of 2" in say("approve", version.pk, "--approver", admin.email)
    with pytest.raises(CommandError, match="second_person_needed"):
        say("approve", version.pk, "--approver", admin.email)
    assert "registered, 2 of 2" in say("approve", version.pk, "--approver", clinician.email)
    with pytest.raises(CommandError, match="reason_needed"):
        say("propose", version.pk, "--by", admin.email)
    say("propose", version.pk, "--by", admin.email, "--reason", "Tried on phantoms only.")
    with pytest.raises(CommandError, match="forbidden"):
        say("confirm", version.pk, "--by", admin.email)
    assert "active, 2 of 2" in say("confirm", version.pk, "--by", clinician.email)
    with pytest.raises(CommandError, match="no such person"):
        say("approve", version.pk, "--approver", "nobody@example.org")


def test_digest_prints_the_list_a_side_car_needs(bundle, tmp_path):
    listed = json.loads((bundle / "consilium.json").read_text())["files"]
    assert json.loads(say("digest", bundle)) == {"files": listed}
    archive = archives.pack_tree(bundle, tmp_path / "bright.zip")
    assert json.loads(say("digest", archive)) == {"files": listed}


def test_nothing_is_evaluated_and_a_refusal_leaves_nothing(tmp_path):
    trap = tmp_path / "evaluated"
    expression = f"$__import__('os').system('touch {trap}')"
    root = write_bundle(
        tmp_path / "trap", inference={"imports": [expression], "network_def": expression},
        scripts={"__init__.py": f"open({str(trap)!r}, 'w')"},
    )  # fmt: skip
    archive = archives.pack_tree(root, tmp_path / "trap.zip")
    services.install_bundle(actor=INSTALLER, source=archive)
    assert not trap.exists()
    (root / "models" / "model.pt").write_bytes(b"changed")
    before = set(conf.bundle_store().iterdir())
    broken = archives.pack_tree(root, tmp_path / "broken.zip")
    with pytest.raises(NotABundle) as caught:
        services.install_bundle(actor=INSTALLER, source=broken)
    assert caught.value.error_code == "file_changed"
    assert set(conf.bundle_store().iterdir()) == before


def test_what_is_no_file_is_refused(tmp_path):
    with pytest.raises(NotABundle):
        services.install_bundle(actor=INSTALLER, source=Path(tmp_path / "nowhere.zip"))


def test_a_clinician_installs_nothing(bundle):
    from apps.accounts.selectors import actor_for

    actor = actor_for(user=make_person(discipline=Discipline.RADIOLOGY))
    with pytest.raises(Forbidden):
        services.install_bundle(actor=actor, source=bundle)
