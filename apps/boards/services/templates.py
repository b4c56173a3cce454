"""Templates per tumour type: shipped, then the site's own, version by version."""

from datetime import datetime
from typing import Any

from django.db import transaction
from pydantic import ValidationError

from apps.audit.services import record_entry
from apps.boards import readiness_policies as policies
from apps.boards.case_templates import CaseTemplateDocument, builtin_templates
from apps.boards.hangings import builtin_hangings
from apps.boards.models import CaseTemplate, CaseTemplateVersion, HangingProtocol
from apps.boards.readiness.sources import known_sources
from apps.cases.choices import TumourType
from apps.core.actors import Actor
from apps.core.exceptions import InvalidInput, NotVisible
from apps.core.versions import lock_version

MAX_PROBLEMS_TOLD = 8


def ensure_templates() -> None:
    """Copy what is shipped into rows where there are none; what a site changed stays."""
    there = set(CaseTemplate.objects.values_list("tumour_type", flat=True))
    for tumour_type in TumourType:
        if tumour_type not in there:
            ensure_template(tumour_type=tumour_type)


@transaction.atomic
def ensure_template(*, tumour_type: str) -> CaseTemplate:
    """The template of a tumour type; the first call copies the shipped one."""
    template, _ = CaseTemplate.objects.get_or_create(tumour_type=tumour_type)
    shipped = builtin_templates()[TumourType(tumour_type)]
    CaseTemplateVersion.objects.get_or_create(
        template=template,
        number=1,
        defaults={"document": shipped.model_dump(mode="json"), "note": ""},
    )
    return template


def version_in_force(*, tumour_type: str, at: datetime) -> CaseTemplateVersion:
    """The version that held at a time: what a case of that time was opened with."""
    template = CaseTemplate.objects.filter(tumour_type=tumour_type).first()
    if template is None:
        template = ensure_template(tumour_type=tumour_type)
    versions = CaseTemplateVersion.objects.filter(template=template).select_related("template")
    return versions.filter(created_at__lte=at).order_by("-number").first() or versions.get(number=1)


@transaction.atomic
def revise_template(
    *, actor: Actor, tumour_type: str, version: int, document: Any, note: str = ""
) -> CaseTemplateVersion:
    """Make a new version. Cases that are open keep theirs and are offered this one.

    Raises
    ------
    InvalidInput
        ``invalid_template``: details say where and what. ``source_unknown`` and
        ``hanging_unknown``: it names what is not there.
    StaleVersion
        Somebody changed it meanwhile.
    """
    policies.edit_templates(actor=actor)
    if tumour_type not in TumourType.values:
        raise NotVisible()
    ensure_template(tumour_type=tumour_type)
    checked = check_template(document)
    row = CaseTemplate.objects.get(tumour_type=tumour_type)
    template = lock_version(queryset=CaseTemplate.objects.all(), pk=row.pk, version=version)
    template.version += 1
    template.save(update_fields=["version", "updated_at"])
    made = CaseTemplateVersion.objects.create(
        template=template,
        number=template.version,
        document=checked.model_dump(mode="json"),
        note=note.strip()[:200],
        created_by_id=actor.id,
    )
    record_entry(
        actor=actor,
        action="template.revised",
        entity="case_template",
        entity_id=template.pk,
        details={"tumour_type": tumour_type, "version": template.version},
    )
    return made


def check_template(document: Any) -> CaseTemplateDocument:
    """The document, complete and with nothing in it that is not known."""
    try:
        checked = CaseTemplateDocument.model_validate(document)
    except ValidationError as error:
        problems = [
            {"where": ".".join(str(part) for part in one["loc"]), "what": one["msg"]}
            for one in error.errors(include_url=False, include_context=False)[:MAX_PROBLEMS_TOLD]
        ]
        raise InvalidInput(
            "This is not a template.", code="invalid_template", details={"problems": problems}
        ) from None
    known = set(known_sources())
    strange = sorted({one.source for one in checked.items} - known)
    if strange:
        raise InvalidInput(
            "No such source of an item.",
            code="source_unknown",
            details={"sources": strange, "known": sorted(known)},
        )
    _check_hanging(checked.hanging)
    return checked


def _check_hanging(name: str) -> None:
    if not name or name in {one.key for one in builtin_hangings()}:
        return
    if not HangingProtocol.objects.filter(board__isnull=False, name=name).exists():
        raise InvalidInput(
            "No layout of that name.", code="hanging_unknown", details={"hanging": name}
        )
