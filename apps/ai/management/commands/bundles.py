"""``manage.py bundles``: MONAI bundles from their arrival to two approvals."""

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.accounts.models import User
from apps.accounts.selectors import actor_for
from apps.ai import services
from apps.ai.bundle_archive import unpack_bundle
from apps.ai.bundle_documents import read_document
from apps.ai.bundle_errors import BundleError
from apps.ai.bundle_manifest import METADATA, list_missing_packages
from apps.ai.bundle_tree import TreeDiff, read_tree
from apps.ai.bundle_weights import WEIGHT_SUFFIXES
from apps.ai.choices import ModelKind
from apps.ai.conf import bundle_store
from apps.ai.models import ModelVersion
from apps.ai.version_files import diff_versions, files_of, version_before
from apps.core.actors import Actor
from apps.core.exceptions import DomainError

INSTALLER = Actor.system("installation")
SHORTEST_PREFIX = 8


class Command(BaseCommand):
    help = (
        "Install, list and compare MONAI bundles. A bundle is code: nothing of it is evaluated "
        "before two people have approved its content, and then only in the model runner."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        install = acts.add_parser("install", help="register a directory or a ZIP file")
        install.add_argument("source", type=Path, metavar="DIR|ZIP")
        install.add_argument("--side-car", type=Path, metavar="FILE", help="its consilium.json")
        install.add_argument("--slug", default="", help="the model this is a version of")
        digest = acts.add_parser("digest", help="the allow-list of its weights, for consilium.json")
        digest.add_argument("source", type=Path, metavar="DIR|ZIP")
        acts.add_parser("list", help="every version with state and approvals")
        show = acts.add_parser("show", help="the files of a version")
        show.add_argument("version", metavar="ID|SHA256")
        diff = acts.add_parser("diff", help="what changed between two versions")
        diff.add_argument("before", metavar="A")
        diff.add_argument("after", metavar="B")
        approve = acts.add_parser("approve", help="record a person's word for a content")
        approve.add_argument("version", metavar="ID|SHA256")
        approve.add_argument("--approver", required=True, metavar="EMAIL")
        propose = acts.add_parser("propose", help="AI administration proposes it for use")
        propose.add_argument("version", metavar="ID|SHA256")
        propose.add_argument("--by", required=True, metavar="EMAIL")
        propose.add_argument("--reason", default="", help="why, if it was not validated here")
        confirm = acts.add_parser("confirm", help="a clinician puts it into use")
        confirm.add_argument("version", metavar="ID|SHA256")
        confirm.add_argument("--by", required=True, metavar="EMAIL")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            match options["act"]:
                case "install":
                    self._install(options["source"], options["side_car"], options["slug"])
                case "digest":
                    self._digest(options["source"])
                case "list":
                    self._list()
                case "show":
                    self._show(_find_version(options["version"]))
                case "diff":
                    before, after = (
                        _find_version(options["before"]),
                        _find_version(options["after"]),
                    )
                    self._say_diff(diff_versions(before=before, after=after))
                case "approve":
                    self._approve(_find_version(options["version"]), options["approver"])
                case "propose":
                    version = _find_version(options["version"])
                    actor = _find_person(options["by"])
                    services.propose_activation(
                        actor=actor, version_id=version.pk, reason=options["reason"]
                    )
                    self._say(version)
                case "confirm":
                    version = _find_version(options["version"])
                    actor = _find_person(options["by"])
                    self._say(services.confirm_activation(actor=actor, version_id=version.pk))
        except DomainError as error:
            raise CommandError(f"{error.error_code}: {error.message}") from error
        except BundleError as error:
            raise CommandError(f"{error.code}: {error}") from error

    def _install(self, source: Path, side_car: Path | None, slug: str) -> None:
        version = services.install_bundle(
            actor=INSTALLER, source=source, side_car=side_car, slug=slug
        )
        self._say(version)
        before = version_before(version=version)
        self.stdout.write(f"compared with {before.version if before else 'nothing'}:")
        self._say_diff(diff_versions(before=before, after=version))
        metadata = read_document(bundle_store() / version.tree_sha256 / METADATA)
        for package in list_missing_packages(metadata):
            self.stdout.write(f"names a package that is not installed here: {package}")

    def _digest(self, source: Path) -> None:
        """Print the weights' hashes; the archive is unpacked beside nothing and removed."""
        scratch = Path(tempfile.mkdtemp(prefix="bundle-"))
        try:
            root = source if source.is_dir() else unpack_bundle(archive=source, into=scratch / "b")
            weights = {
                one.path: one.sha256
                for one in read_tree(root).files
                if Path(one.path).suffix.lower() in WEIGHT_SUFFIXES
            }
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        self.stdout.write(json.dumps({"files": weights}, indent=2))

    def _list(self) -> None:
        versions = ModelVersion.objects.filter(model__kind=ModelKind.BUNDLE)
        for version in versions.select_related("model").order_by("model__slug", "-created_at"):
            self._say(version)

    def _show(self, version: ModelVersion) -> None:
        self._say(version)
        for one in files_of(version=version):
            self.stdout.write(f"  {one.sha256}  {one.size:>12}  {one.path}")

    def _approve(self, version: ModelVersion, email: str) -> None:
        actor = _find_person(email)
        self._say(services.approve_version(actor=actor, version_id=version.pk))

    def _say(self, version: ModelVersion) -> None:
        approvals = version.approvals.filter(tree_sha256=version.tree_sha256).count()
        self.stdout.write(
            f"{version.model.slug} {version.version}: {version.state}, "
            f"{approvals} of 2 approvals, sha256 {version.tree_sha256}, id {version.pk}"
        )

    def _say_diff(self, diff: TreeDiff) -> None:
        for one in diff.added:
            self.stdout.write(f"  + {one.path}  {one.size} bytes  {one.sha256}")
        for old, new in diff.changed:
            self.stdout.write(
                f"  ~ {new.path}  {old.size} to {new.size} bytes  {old.sha256} to {new.sha256}"
            )
        for one in diff.removed:
            self.stdout.write(f"  - {one.path}  {one.size} bytes  {one.sha256}")
        if diff.is_empty:
            self.stdout.write("  no difference")


def _find_person(email: str) -> Actor:
    user = User.objects.filter(email__iexact=email, is_active=True).first()
    if user is None:
        raise CommandError(f"{email}: no such person")
    return actor_for(user=user)


def _find_version(named: str) -> ModelVersion:
    bundles = ModelVersion.objects.select_related("model").filter(model__kind=ModelKind.BUNDLE)
    text = named.strip().lower()
    if len(text) >= SHORTEST_PREFIX and set(text) <= set("0123456789abcdef"):
        found = list(bundles.filter(tree_sha256__startswith=text)[:2])
    elif len(text) == 36:
        found = list(bundles.filter(pk=text))
    else:
        found = []
    if len(found) != 1:
        raise CommandError(f"{named}: names {'several versions' if found else 'no version'}")
    return found[0]
