"""One series as the gateway serves it: from the archive, or offered by a floor above (AI)."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from io import BytesIO
from typing import Any
from uuid import UUID

import orjson
import pydicom
from pydicom.dataset import FileDataset

from apps.imaging.archive import SeriesArchive
from apps.imaging.derived_objects import DerivedObject
from apps.imaging.evicted import explain_absence
from apps.imaging.models import Instance, Series, Study
from apps.imaging.parser.kinds import kind_of
from apps.imaging.parser.metadata import full_metadata
from apps.imaging.parser.reading import text, whole
from apps.imaging.selectors import open_published

Document = dict[str, Any]
UNCOMPRESSED = frozenset({"1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99"})


@dataclass(frozen=True, slots=True)
class HeldInstance:
    """One object; ``frames`` counts frames the archive can decode."""

    sop_instance_uid: str
    sop_class_uid: str
    transfer_syntax_uid: str
    number: int | None
    frames: int
    rows: int | None
    columns: int | None

    @property
    def has_pixels(self) -> bool:
        """Pixels that can be given decoded: from the archive, or as they lie in the file."""
        is_native = self.transfer_syntax_uid in UNCOMPRESSED and self.rows is not None
        return self.frames > 0 or is_native


class Holding(ABC):
    """A series of one study; UIDs are the original ones."""

    study: Study
    uid: str
    modality: str
    number: int | None
    description: str
    instance_count: int
    mark: str  # changes with the content: for ETags

    @cached_property
    @abstractmethod
    def instances(self) -> list[HeldInstance]: ...

    @abstractmethod
    def documents(self) -> list[Document]:
        """Full DICOM JSON, one document per instance, bulk values marked."""

    @abstractmethod
    def original(self, sop_uid: str) -> bytes:
        """The Part 10 file."""

    @property
    def archive(self) -> SeriesArchive | None:
        """Where decoded frames are; ``None`` when there are none."""
        return None

    def instance(self, sop_uid: str) -> HeldInstance | None:
        return next((one for one in self.instances if one.sop_instance_uid == sop_uid), None)

    def head(self) -> Document:
        """The header of one instance, for what the index does not hold."""
        documents = self.documents()
        return documents[0] if documents else {}


class ArchivedHolding(Holding):
    def __init__(self, series: Series, *, withheld: frozenset[str]) -> None:
        self.series, self.study, self.withheld = series, series.study, withheld
        self.uid, self.modality = series.series_instance_uid, series.modality
        self.number, self.description = series.number, series.description
        self.instance_count = series.instance_count - len(withheld)
        self.mark = ":".join([series.archive_key, *sorted(withheld)])

    @cached_property
    def archived(self) -> SeriesArchive:
        return open_published(self.series)

    @property
    def archive(self) -> SeriesArchive:
        return self.archived

    @cached_property
    def instances(self) -> list[HeldInstance]:
        return self.show(Instance.objects.filter(series=self.series).order_by("index"))

    def show(self, rows: Iterable[Instance]) -> list[HeldInstance]:
        return [
            HeldInstance(
                sop_instance_uid=row.sop_instance_uid,
                sop_class_uid=row.sop_class_uid,
                transfer_syntax_uid=row.transfer_syntax_uid,
                number=row.instance_number,
                frames=row.frames,
                rows=row.rows,
                columns=row.columns,
            )
            for row in rows
            if row.sop_instance_uid not in self.withheld
        ]

    def documents(self) -> list[Document]:
        return [one for one in self.archived.metadata() if _uid_of(one) not in self.withheld]

    def head(self) -> Document:
        document: Document = orjson.loads(_head_of(self.series.archive_key))
        return document

    def original(self, sop_uid: str) -> bytes:
        return self.archived.read_original(sop_uid)


class OfferedHolding(Holding):
    """Objects of one series that are not archived. Our own encoder wrote them."""

    def __init__(self, study: Study, objects: Sequence[DerivedObject]) -> None:
        self.study = study
        self._objects = {one.sop_instance_uid: one for one in objects}
        first = self.dataset(objects[0].sop_instance_uid)
        self.uid, self.modality = text(first, "SeriesInstanceUID"), text(first, "Modality")
        self.number = whole(first, "SeriesNumber")
        self.description = text(first, "SeriesDescription")
        self.instance_count = len(objects)
        self.mark = ":".join(sorted(one.sha256 for one in objects))

    def dataset(self, sop_uid: str) -> FileDataset:
        return pydicom.dcmread(BytesIO(self.original(sop_uid)))

    @cached_property
    def instances(self) -> list[HeldInstance]:
        return [_describe(self.dataset(uid)) for uid in self._objects]

    def documents(self) -> list[Document]:
        return [full_metadata(self.dataset(uid)) for uid in self._objects]

    def original(self, sop_uid: str) -> bytes:
        return self._objects[sop_uid].read()


def load_instances(holdings: Iterable[Holding]) -> None:
    """Read the instances of many series in one query."""
    archived = {one.series.pk: one for one in holdings if isinstance(one, ArchivedHolding)}
    by_series: dict[UUID, list[Instance]] = {key: [] for key in archived}
    for row in Instance.objects.filter(series__in=archived).order_by("series_id", "index"):
        by_series[row.series_id].append(row)
    for key, holding in archived.items():
        holding.instances = holding.show(by_series[key])


def _describe(dataset: FileDataset) -> HeldInstance:
    is_image = kind_of(dataset) == "image" or "PixelData" in dataset
    return HeldInstance(
        sop_instance_uid=text(dataset, "SOPInstanceUID"),
        sop_class_uid=text(dataset, "SOPClassUID"),
        transfer_syntax_uid=str(dataset.file_meta.TransferSyntaxUID),
        number=whole(dataset, "InstanceNumber"),
        frames=0,
        rows=whole(dataset, "Rows") if is_image else None,
        columns=whole(dataset, "Columns") if is_image else None,
    )


def offered_holdings(study: Study, objects: Sequence[DerivedObject]) -> list[Holding]:
    """The objects by series."""
    by_series: dict[str, list[DerivedObject]] = {}
    for one in objects:
        header = pydicom.dcmread(BytesIO(one.read()), stop_before_pixels=True)
        by_series.setdefault(text(header, "SeriesInstanceUID"), []).append(one)
    return [OfferedHolding(study, members) for members in by_series.values()]


def _uid_of(document: Document) -> str:
    return str(document["00080018"]["Value"][0])


@lru_cache(maxsize=512)
def _head_of(archive_key: str) -> bytes:
    """The first document of a series, as bytes so that nobody changes the kept one."""
    from apps.imaging.archive import open_series

    try:
        archive = open_series(archive_key)
    except FileNotFoundError:
        raise explain_absence(archive_key) from None
    return orjson.dumps(next(iter(archive.metadata()), {}))
