"""Which objects are documents: by their own SOP class, since a series may hold several kinds."""

from django.db.models import Q

from apps.imaging.choices import SeriesKind

STORAGE = "1.2.840.10008.5.1.4.1.1."
KEY_OBJECTS = STORAGE + "88.59"
PDF = STORAGE + "104.1"

DOCUMENTS = (
    Q(sop_class_uid__startswith=STORAGE + "88.")
    | Q(sop_class_uid__startswith=STORAGE + "11.")
    | Q(sop_class_uid__startswith=STORAGE + "104.")
)


def kind_of(sop_class_uid: str) -> str:
    """``sr``, ``kos``, ``pr``, ``pdf`` or ``document``."""
    if sop_class_uid == KEY_OBJECTS:
        return SeriesKind.KOS.value
    if sop_class_uid == PDF:
        return SeriesKind.PDF.value
    rest = sop_class_uid.removeprefix(STORAGE)
    if rest.startswith("88."):
        return SeriesKind.SR.value
    return SeriesKind.PR.value if rest.startswith("11.") else SeriesKind.DOCUMENT.value
