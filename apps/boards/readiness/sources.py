"""Where items come from: a registry of named sources, each a function of a case and an item.

A template's item names its source. ``recorded`` is what a person said by hand; every other
source looks for itself. Whoever keeps the data of an item registers a source in its
``AppConfig.ready`` (or in ours, for a floor below) and a template may name it from then on::

    item_sources.register("facts.comorbidity", find_comorbidity)
"""

from collections.abc import Callable

from django.db.models import Max, Q

from apps.boards.case_templates import TemplateItem
from apps.boards.readiness_items import NOTHING, Evidence
from apps.cases.models import Case
from apps.core.registry import Registry
from apps.imaging.choices import StudyState
from apps.imaging.models import CaseStudy

RECORDED = "recorded"

item_sources: "Registry[Callable[..., Evidence]]" = Registry("sources of readiness items")
"""``source(*, case, item) -> Evidence``: what there is now, of one item of one case."""


def known_sources() -> list[str]:
    return [RECORDED, *(name for name, _ in item_sources.items())]


def look_up(*, case: Case, item: TemplateItem) -> Evidence:
    """What the item's source says; nothing where a person is asked, or the source is gone."""
    source = dict(item_sources.items()).get(item.source)
    return source(case=case, item=item) if source is not None else NOTHING


def _field(case: Case, name: str, *, is_there: bool) -> Evidence:
    return Evidence(is_there=is_there, kind="field", ref=name) if is_there else NOTHING


def find_question(*, case: Case, item: TemplateItem) -> Evidence:
    return _field(case, "clinical_question", is_there=bool(case.clinical_question.strip()))


def find_stage(*, case: Case, item: TemplateItem) -> Evidence:
    return _field(case, "stage", is_there=bool(case.stage.strip()))


def find_ecog(*, case: Case, item: TemplateItem) -> Evidence:
    return _field(case, "ecog", is_there=case.ecog is not None)


def find_diagnosis(*, case: Case, item: TemplateItem) -> Evidence:
    named = case.diagnosis_code or case.diagnosis_display or case.diagnosis_text
    return _field(case, "diagnosis", is_there=bool(named.strip()))


def find_images(*, case: Case, item: TemplateItem) -> Evidence:
    """The newest study of the item's modalities, and whether all of it has been retrieved.

    A complete older study does not hide a newer one that is still on its way.
    """
    links = CaseStudy.objects.filter(case=case).select_related("study")
    if item.modalities:
        links = links.filter(study__modalities__overlap=item.modalities)
    newest = links.order_by("-study__study_date", "study__study_instance_uid")
    link = newest.exclude(study__study_date__isnull=True).first() or newest.first()
    if link is None:
        return NOTHING
    study = link.study
    is_complete = (
        study.state == StudyState.READY
        and study.total_instances > 0
        and study.done_instances == study.total_instances
    )
    problem = "" if is_complete else "images_incomplete"
    if study.state == StudyState.FAILED:
        problem = "images_failed"
    return Evidence(
        is_there=is_complete,
        on=study.study_date.isoformat() if study.study_date else None,
        kind="study",
        ref=study.study_instance_uid,
        title=study.description,
        at=study.ready_at.isoformat() if study.ready_at else None,
        ready=study.done_instances,
        total=study.total_instances,
        problem=problem,
    )


def find_all_images(*, case: Case, item: TemplateItem) -> Evidence:
    """Every object of every linked study, by the PACS's own counts (MDT-6: n of m)."""
    links = CaseStudy.objects.filter(case=case)
    states = list(
        links.values_list("study__state", "study__done_instances", "study__total_instances")
    )
    if not states:
        return NOTHING
    ready, total = sum(row[1] for row in states), sum(row[2] for row in states)
    is_complete = total > 0 and all(
        state == StudyState.READY and done == whole for state, done, whole in states
    )
    unasked = Q(study__pacs__isnull=False, study__source_checked_at__isnull=True)
    problem = "" if is_complete else "images_incomplete"
    if is_complete and links.filter(study__pacs__unreachable_since__isnull=False).exists():
        is_complete, problem = False, "pacs_unreachable"
    elif is_complete and links.filter(unasked).exists():
        is_complete, problem = False, "pacs_not_asked"
    latest = links.aggregate(at=Max("study__ready_at"))["at"]
    return Evidence(
        is_there=is_complete,
        kind="studies",
        ref=str(len(states)),
        at=latest.isoformat() if latest else None,
        ready=ready,
        total=total,
        problem=problem,
    )


def register_sources() -> None:
    """Called once, at start."""
    item_sources.register("case.question", find_question)
    item_sources.register("case.stage", find_stage)
    item_sources.register("case.ecog", find_ecog)
    item_sources.register("case.diagnosis", find_diagnosis)
    item_sources.register("images", find_images)
    item_sources.register("images.all", find_all_images)
