"""One study of a folder: its series, which of them the model reads, what the reference says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydicom.dataset import Dataset

from apps.ai.models import ModelVersion
from apps.ai.reading import ReadInput
from apps.ai.scope import check_scope, describe_geometry
from apps.ai.services.inputs import fits_role, read_roles
from apps.ai.side_car import InputPart
from apps.ai.validation.manifest import Manifest, StudyRule
from apps.ai.validation.subgroups import (
    Traits,
    name_age,
    name_scanner,
    name_sex,
    name_site,
    name_thickness,
    read_age,
)
from apps.ai.validation_runs.folders import SpooledStudy, StudyRefused
from apps.ai.validation_runs.references import ReferenceFiles, read_reference_files
from apps.imaging.derived import open_archived_volume
from apps.imaging.exceptions import NotAVolume
from apps.imaging.loose import DuplicateObject, LooseSeries, read_loose
from apps.imaging.parser.reading import text
from apps.imaging.planes import open_archived_plane
from apps.imaging.research.grid import read_grid

NO_DICOM = frozenset({"not_dicom", "dicomdir", "empty"})
"""Files that are no objects: a README is passed over, a broken slice is not."""


@dataclass(frozen=True, slots=True)
class FolderStudy:
    """A study whose files were parsed; nothing is decoded yet.

    ``inputs`` are the series by role, the first one the series results lie on.
    """

    name: str
    inputs: tuple[tuple[str, LooseSeries], ...]
    references: ReferenceFiles
    rule: StudyRule
    remarks: tuple[tuple[str, str], ...] = ()

    @property
    def main(self) -> LooseSeries:
        return self.inputs[0][1]


@dataclass(slots=True)
class _Facts:
    """What a role's rule reads, of a series in a folder."""

    modality: str
    body_part: str
    description: str
    instance_count: int
    frame_count: int


@dataclass(slots=True)
class _Chooser:
    """Finds the series of each role: named, else drawn on, else the only one that fits."""

    images: dict[str, LooseSeries]
    drawn_on: set[str]
    version: ModelVersion
    rule: StudyRule

    def choose(self) -> tuple[tuple[str, LooseSeries], ...]:
        roles = read_roles(version=self.version)
        unknown = set(self.rule.inputs) - {role.role for role in roles}
        if unknown:
            raise StudyRefused("unknown_role", "validation.json names an input the model lacks.")
        if len(roles) < 2:
            only = roles[0] if roles else None
            return (("", self._choose(only, named=self.rule.series, is_main=True)),)
        chosen = []
        for place, role in enumerate(roles):
            named = self.rule.inputs.get(role.role) or (self.rule.series if not place else None)
            chosen.append((role.role, self._choose(role, named=named, is_main=not place)))
        if len({one.series_instance_uid for _, one in chosen}) != len(chosen):
            raise StudyRefused("series_ambiguous", "One series would be two inputs.")
        return tuple(chosen)

    def _choose(self, role: InputPart | None, *, named: str | None, is_main: bool) -> LooseSeries:
        label = (role.label or role.role) if role else "the series"
        if named:
            if named not in self.images:
                raise StudyRefused("series_missing", f"The series named for {label} is not there.")
            return self.images[named]
        found = list(self.images.values())
        if is_main and self.drawn_on:
            found = [self.images[uid] for uid in sorted(self.drawn_on)]
        if len(found) > 1 and role is not None:
            found = [
                one for one in found if fits_role(rule=role.series, series=_facts_of(one))
            ] or found
        if len(found) > 1:
            found = [one for one in found if self._is_in_scope(one)] or found
        if len(found) > 1:
            raise StudyRefused(
                "series_ambiguous",
                f"Several series may be {label}: name one in validation.json.",
            )
        return found[0]

    def _is_in_scope(self, series: LooseSeries) -> bool:
        try:
            grid = read_grid(series)
        except NotAVolume:
            return False
        verdict = check_scope(
            scope=self.version.scope,
            headers=series.headers(),
            geometry=describe_geometry(
                shape=grid.shape,
                affine_lps=grid.affine_lps,
                warnings=[code for code, _ in grid.warnings],
            ),
        )
        return verdict.in_scope


def parse_study(
    *,
    name: str,
    spooled: SpooledStudy,
    version: ModelVersion,
    manifest: Manifest,
    scratch: Path,
) -> FolderStudy:
    """Parse the copies, and choose the series.

    Raises
    ------
    StudyRefused
        ``unreadable_file``, ``duplicate_instance``, ``no_images``, ``several_patients``,
        ``several_studies``, ``no_reference``, ``series_missing``, ``series_ambiguous``,
        ``unknown_role``, and those of ``read_reference_files``.
    """
    try:
        loose = read_loose(spooled.dicom, scratch=scratch)
    except DuplicateObject as error:
        raise StudyRefused(
            "duplicate_instance", "Two files are one image with different content."
        ) from error
    broken = [one for one in loose.refused if one[1] not in NO_DICOM]
    if broken:
        raise StudyRefused(
            "unreadable_file",
            f"{len(broken)} of {len(spooled.dicom)} files cannot be read: {broken[0][2]}",
        )
    images = {uid: one for uid, one in loose.series.items() if one.kind == "image"}
    if not images:
        raise StudyRefused("no_images", "The study holds no images.")
    if len(loose.patients) > 1:
        raise StudyRefused("several_patients", "The study's objects name several patients.")
    if len({one.study_instance_uid for one in images.values()}) > 1:
        raise StudyRefused("several_studies", "The directory holds images of several studies.")
    rule = manifest.studies.get(name, StudyRule())
    references = read_reference_files(list(loose.series.values()), spooled)
    if not references.are_there and not rule.no_lesions:
        raise StudyRefused(
            "no_reference",
            "The study has no reference mask. Where that means that there is no lesion, "
            "validation.json says no_lesions.",
        )
    chooser = _Chooser(
        images=images,
        drawn_on=references.named_series(list(images.values())),
        version=version,
        rule=rule,
    )
    remarks = []
    if loose.refused:
        remarks.append(("other_files", f"{len(loose.refused)} files are no DICOM and passed over."))
    return FolderStudy(
        name=name,
        inputs=chooser.choose(),
        references=references,
        rule=rule,
        remarks=tuple(remarks),
    )


def open_inputs(*, study: FolderStudy, version: ModelVersion, scratch: Path) -> list[ReadInput]:
    """Voxels and headers of every input, as ``reading.read_inputs`` gives a job's.

    Raises
    ------
    NotAVolume
        A series is no regular volume, or not the single image its role asks for.
    """
    roles: Mapping[str, InputPart] = {role.role: role for role in read_roles(version=version)}
    only = next(iter(roles.values())) if len(roles) == 1 else None
    opened = []
    for name, series in study.inputs:
        role = roles.get(name, only)
        if role is not None and role.plane:
            volume = open_archived_plane(series)
        else:
            volume = open_archived_volume(series, directory=scratch)
        opened.append(ReadInput(role=name, headers=series.headers(), volume=volume))
    return opened


def read_traits(*, headers: Sequence[Dataset], rule: StudyRule, slice_spacing_mm: float) -> Traits:
    """What the study is counted under; age from Patient's Age, else from the two dates."""
    first = headers[0]
    thickness = _number(text(first, "SliceThickness"))
    return Traits(
        sex=name_sex(text(first, "PatientSex")),
        age=name_age(_age_of(first)),
        scanner=name_scanner(text(first, "Manufacturer"), text(first, "ManufacturerModelName")),
        site=name_site(rule.site or text(first, "InstitutionName")),
        slice_thickness=name_thickness(thickness or slice_spacing_mm),
    )


def _age_of(header: Dataset) -> float | None:
    said = read_age(text(header, "PatientAge"))
    if said is not None:
        return said
    born, seen = text(header, "PatientBirthDate"), text(header, "StudyDate")
    if not (len(born) == len(seen) == 8 and born.isdigit() and seen.isdigit()):
        return None
    years = int(seen[:4]) - int(born[:4])
    return float(years - (seen[4:] < born[4:]))


def _number(said: str) -> float | None:
    try:
        return float(said)
    except ValueError:
        return None


def _facts_of(series: LooseSeries) -> _Facts:
    first = series.instances[0]["series"]
    return _Facts(
        modality=first["modality"],
        body_part=first["body_part"],
        description=first["description"],
        instance_count=len(series.instances),
        frame_count=sum(len(one["frames"]) for one in series.instances),
    )
