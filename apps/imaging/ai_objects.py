"""Objects that AI made, and from whom they are hidden while the images are to be read first.

Ours are known by their maker, and so is what the floor above has read of others. Before that an
object is asked itself: a segmentation is AI where one of its segments was not drawn by a person
alone (PS3.3 C.8.20.2), a measurement report where it names an algorithm, or a device and no
person, and every CAD report is. One whose files are not here to say so counts as AI.
"""

from collections.abc import Iterable
from functools import lru_cache
from uuid import UUID

from django.db.models import Q

from apps.cases.embargo import AiHidden, is_ai_hidden
from apps.core.actors import Actor
from apps.imaging.archive import open_series
from apps.imaging.derived_objects import objects_about
from apps.imaging.machine_made import REPORTS, SEGMENTATION_CLASSES, says_machine
from apps.imaging.models import CaseStudy, Instance, Series

NONE: frozenset[str] = frozenset()


def ai_made_objects(*, case_id: UUID, study_ids: Iterable[UUID]) -> frozenset[str]:
    """SOP Instance UIDs of what AI made about these studies, archived or not."""
    studies = list(study_ids)
    ours = {one.sop_instance_uid for one in objects_about(case_id=case_id, study_ids=studies)}
    rows = Instance.objects.filter(
        Q(sop_class_uid__in=SEGMENTATION_CLASSES) | Q(sop_class_uid__startswith=REPORTS),
        study_id__in=studies,
    ).exclude(series__archive_key="")
    found = rows.values_list("sop_instance_uid", "series__archive_key")
    theirs = {uid for uid, archive_key in found if _is_automatic(uid, archive_key)}
    return frozenset(ours | theirs)


def hidden_objects(*, actor: Actor, case_id: UUID, study_ids: Iterable[UUID]) -> frozenset[str]:
    """Of those what this actor does not get in this case now; mostly nothing is hidden."""
    if not is_ai_hidden(actor=actor, case_id=case_id):
        return NONE
    return ai_made_objects(case_id=case_id, study_ids=study_ids)


def hidden_in_case(*, actor: Actor, case_id: UUID) -> frozenset[str]:
    """The same of every study of the case."""
    links = CaseStudy.objects.filter(case_id=case_id).values_list("study_id", flat=True)
    return hidden_objects(actor=actor, case_id=case_id, study_ids=links)


def series_made_of(objects: frozenset[str], *, study_ids: Iterable[UUID]) -> frozenset[UUID]:
    """Series that hold one of the objects: their headers speak of all of them."""
    if not objects:
        return frozenset()
    rows = Instance.objects.filter(study_id__in=list(study_ids), sop_instance_uid__in=objects)
    return frozenset(rows.values_list("series_id", flat=True))


def hidden_series(*, actor: Actor, case_id: UUID, study_ids: Iterable[UUID]) -> frozenset[UUID]:
    studies = list(study_ids)
    hidden = hidden_objects(actor=actor, case_id=case_id, study_ids=studies)
    return series_made_of(hidden, study_ids=studies)


def require_shown_series(*, actor: Actor, case_id: UUID, series: Series) -> None:
    """
    Raises
    ------
    AiHidden
        AI made it, and the images are to be read first.
    """
    if series.pk in hidden_series(actor=actor, case_id=case_id, study_ids=[series.study_id]):
        raise AiHidden()


def _is_automatic(sop_instance_uid: str, archive_key: str) -> bool:
    try:
        return sop_instance_uid in _automatic(archive_key)
    except FileNotFoundError:
        return True


# Archive keys name immutable content: what was computed from them stays true.


@lru_cache(maxsize=256)
def _automatic(archive_key: str) -> frozenset[str]:
    return frozenset(
        str(document["00080018"]["Value"][0])
        for document in open_series(archive_key).metadata()
        if says_machine(document)
    )
