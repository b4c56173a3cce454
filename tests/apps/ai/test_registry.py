"""Models come into use by two people's word for one exact content."""

import json
from io import StringIO

import pytest
from django.core.management import call_command

from apps.accounts.choices import Discipline, SystemRole
from apps.accounts.models import User
from apps.accounts.selectors import actor_for
from apps.ai import conf, services
from apps.ai.bundle_errors import BundleError
from apps.ai.bundle_manifest import read_manifest
from apps.ai.bundle_tree import hash_tree
from apps.ai.exceptions import (
    ContentNotShown,
    ModelNotApproved,
    NotABundle,
    SecondPersonNeeded,
)
from apps.ai.models import Model, ModelVersion
from apps.core.exceptions import Forbidden
from tests.apps.ai.bundles import write_bundle
from tests.people import make_person

pytestmark = pytest.mark.django_db

REASON = "Tried on phantoms of this house only."


@pytest.fixture
def admin():
    user = make_person(discipline=Discipline.ADMINISTRATION, roles=(SystemRole.AI_ADMIN,))
    return actor_for(user=user)


@pytest.fixture
def clinician():
    return actor_for(user=make_person(discipline=Discipline.RADIOLOGY))


@pytest.fixture
def bundle(tmp_path):
    return write_bundle(tmp_path / "bright")


@pytest.fixture(autouse=True)
def store(tmp_path, settings):
    settings.VAR_DIR = tmp_path / "var"


def test_bundle_waits_until_two_sides_approved_its_content(admin, clinician, bundle):
    version = services.register_bundle(actor=admin, root=bundle)
    assert version.state == "registered"
    with pytest.raises(ModelNotApproved):
        services.propose_activation(actor=admin, version_id=version.pk, reason=REASON)
    services.approve_version(actor=admin, version_id=version.pk)
    with pytest.raises(SecondPersonNeeded):
        services.approve_version(actor=admin, version_id=version.pk)
    services.approve_version(actor=clinician, version_id=version.pk)
    version.refresh_from_db()
    assert version.state == "registered", "approved is not in use"


def test_two_from_one_side_do_not_suffice(clinician, admin, bundle):
    version = services.register_bundle(actor=admin, root=bundle)
    services.approve_version(actor=clinician, version_id=version.pk)
    other = actor_for(user=make_person(discipline=Discipline.SURGERY))
    with pytest.raises(SecondPersonNeeded):
        services.approve_version(actor=other, version_id=version.pk)


@pytest.mark.parametrize(
    "person",
    [
        {"discipline": Discipline.COORDINATION},
        {"discipline": Discipline.RADIOLOGY, "is_trainee": True},
        {"discipline": Discipline.ADMINISTRATION, "roles": (SystemRole.SYSTEM_ADMIN,)},
    ],
)
def test_others_do_not_approve(admin, bundle, person):
    version = services.register_bundle(actor=admin, root=bundle)
    with pytest.raises(Forbidden):
        services.approve_version(actor=actor_for(user=make_person(**person)), version_id=version.pk)


def test_clinician_does_not_register(clinician, bundle):
    with pytest.raises(Forbidden):
        services.register_bundle(actor=clinician, root=bundle)


def test_approval_does_not_carry_over_to_changed_content(admin, clinician, bundle):
    first = services.register_bundle(actor=admin, root=bundle)
    services.approve_version(actor=admin, version_id=first.pk)
    services.approve_version(actor=clinician, version_id=first.pk)
    (bundle / "docs" / "note.txt").write_text("changed")
    second = services.register_bundle(actor=admin, root=bundle)
    assert second.pk != first.pk
    assert second.state == "registered"
    assert second.approvals.count() == 0
    with pytest.raises(ModelNotApproved):
        services.propose_activation(actor=admin, version_id=second.pk, reason=REASON)


def test_an_approval_names_the_content_that_was_shown(admin, bundle):
    version = services.register_bundle(actor=admin, root=bundle)
    with pytest.raises(ContentNotShown):
        services.approve_version(actor=admin, version_id=version.pk, tree_sha256="0" * 64)
    assert version.approvals.count() == 0
    services.approve_version(actor=admin, version_id=version.pk, tree_sha256=version.tree_sha256)
    assert version.approvals.count() == 1


def test_what_runs_is_the_copy_that_was_approved(admin, bundle):
    version = services.register_bundle(actor=admin, root=bundle)
    (bundle / "configs" / "inference.json").write_text("{}")
    kept = conf.bundle_store() / version.tree_sha256
    assert hash_tree(kept) == version.tree_sha256


def test_nothing_is_evaluated_when_a_bundle_is_registered(admin, tmp_path):
    trap = tmp_path / "evaluated"
    expression = f"$open('{trap}', 'w').write('x')"
    root = write_bundle(tmp_path / "trap", inference={"network_def": expression})
    services.register_bundle(actor=admin, root=root)
    assert not trap.exists()


@pytest.mark.parametrize("missing", ["consilium.json", "configs/metadata.json"])
def test_incomplete_bundle_is_refused(admin, bundle, missing):
    (bundle / missing).unlink()
    with pytest.raises(NotABundle):
        services.register_bundle(actor=admin, root=bundle)


def test_bundle_without_scope_is_refused(admin, tmp_path):
    side_car = {"schema": 1, "title": "x", "outputs": [{"value": 1}], "scope": {"rules": []}}
    root = write_bundle(tmp_path / "wide", side_car=side_car)
    with pytest.raises(NotABundle):
        services.register_bundle(actor=admin, root=root)


def test_link_out_of_the_bundle_is_refused(bundle):
    (bundle / "models" / "link.pt").symlink_to("/etc/passwd")
    with pytest.raises(BundleError):
        hash_tree(bundle)


def test_hash_depends_on_names_and_contents_only(bundle, tmp_path):
    before = hash_tree(bundle)
    (bundle / "scripts" / "__pycache__").mkdir()
    (bundle / "scripts" / "__pycache__" / "x.pyc").write_bytes(b"x")
    assert hash_tree(bundle) == before
    (bundle / "models" / "model.pt").rename(bundle / "models" / "other.pt")
    assert hash_tree(bundle) != before


def test_shipped_models_register_once_and_wait_for_two_people(admin, clinician):
    out = StringIO()
    call_command("register_models", stdout=out)
    call_command("register_models", stdout=out)
    pet = Model.objects.get(slug="pet-uptake")
    assert pet.kind == "builtin"
    assert pet.versions.get().state == "active"
    bundle = ModelVersion.objects.get(model__slug="phantom-tumour")
    assert bundle.state == "registered"
    people = list(User.objects.values_list("email", flat=True))
    call_command(
        "register_models", *[part for email in people for part in ("--approver", email)], stdout=out
    )
    bundle.refresh_from_db()
    assert bundle.state == "active"
    assert bundle.changes.filter(kind="activated").get().reason.endswith("not validated here.")
    call_command(
        "register_models", *[part for email in people for part in ("--approver", email)], stdout=out
    )
    assert bundle.approvals.count() == 2


def test_manifest_reads_title_version_and_scope(bundle):
    manifest = read_manifest(bundle)
    assert (manifest.name, manifest.version) == ("Bright things", "0.1.0")
    assert manifest.scope["rules"][0]["code"] == "modality"
    assert json.loads((bundle / "consilium.json").read_text())["card"] == manifest.card
