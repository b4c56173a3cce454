"""``manage.py register_models``: register what this release ships; idempotent."""

import importlib
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.accounts.models import User
from apps.accounts.selectors import actor_for
from apps.ai import policies, selectors, services
from apps.ai.choices import VersionState
from apps.ai.exceptions import SecondPersonNeeded
from apps.ai.models import ModelVersion
from apps.core.actors import Actor
from apps.core.exceptions import DomainError

AI_ROOT = Path(__file__).resolve().parents[2]
BUNDLES = AI_ROOT / "bundles"
ANALYSES = AI_ROOT / "analyses"
INSTALLER = Actor.system("installation")
SHIPPED = "Installed with this release by its operators; not validated here."


class Command(BaseCommand):
    help = (
        "Register the built-in analyses and the bundles that come with this release. "
        "A bundle is used only after two people approved its content: name them with --approver."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--approver", action="append", default=[], metavar="EMAIL")
        parser.add_argument("--bundle", action="append", default=[], metavar="DIRECTORY")

    def handle(self, *args: Any, **options: Any) -> None:
        for slug, module in _read_builtins().items():
            self._register_builtin(slug, module)
        folders = [Path(folder) for folder in options["bundle"]]
        shipped = [path for path in sorted(BUNDLES.glob("*")) if (path / "configs").is_dir()]
        for folder in [*shipped, *folders]:
            try:
                version = services.register_bundle(
                    actor=INSTALLER, root=folder, slug=folder.name.replace("_", "-")
                )
            except DomainError as error:
                raise CommandError(f"{folder.name}: {error.message}") from error
            self._approve(version, options["approver"])
            self._say(version)

    def _register_builtin(self, slug: str, module_name: str) -> None:
        module = importlib.import_module(module_name)
        version = services.register_builtin(
            actor=INSTALLER,
            slug=slug,
            name=module.NAME,
            version=module.VERSION,
            module=module_name,
            source=ANALYSES,
            card=dict(getattr(module, "CARD", {})),
            scope=dict(getattr(module, "SCOPE", {})),
            default_parameters=dict(module.DEFAULT_PARAMETERS),
        )
        self._say(version)

    def _approve(self, version: ModelVersion, emails: list[str]) -> None:
        """Approve the content, and put a version into use that is new here, by two people."""
        actors = [self._find(email) for email in emails]
        for actor in actors:
            try:
                services.approve_version(actor=actor, version_id=version.pk)
            except SecondPersonNeeded as error:
                if not version.approvals.filter(user_id=actor.person_id).exists():
                    raise CommandError(f"{actor.label}: {error.message}") from error
        version = selectors.get_version(version_id=version.pk)
        if version.state == VersionState.REGISTERED and selectors.is_approved(version=version):
            self._put_into_use(version, actors)

    def _put_into_use(self, version: ModelVersion, actors: list[Actor]) -> None:
        sides = {policies.approval_side(actor=actor): actor for actor in actors}
        proposer, second = sides.get(policies.ADMINISTRATION), sides.get(policies.CLINIC)
        if proposer is None or second is None:
            return
        if selectors.open_proposal(version=version) is None:
            services.propose_activation(actor=proposer, version_id=version.pk, reason=SHIPPED)
        services.confirm_activation(actor=second, version_id=version.pk)

    def _find(self, email: str) -> Actor:
        user = User.objects.filter(email__iexact=email, is_active=True).first()
        if user is None:
            raise CommandError(f"{email}: no such person")
        return actor_for(user=user)

    def _say(self, version: ModelVersion) -> None:
        version.refresh_from_db()
        note = (
            ""
            if version.state == VersionState.ACTIVE
            else " - two people approve it and put it into use"
        )
        self.stdout.write(f"{version.model.slug} {version.version}: {version.state}{note}")


def _read_builtins() -> dict[str, str]:
    from apps.ai import analyses

    return dict(getattr(analyses, "BUILTINS", {}))
