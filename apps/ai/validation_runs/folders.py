"""Folders of studies: below the configured root, one directory a study, every byte hostile."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from apps.ai import conf
from apps.ai.exceptions import ValidationNotPossible
from apps.ai.validation.manifest import MAX_BYTES, Manifest, ManifestRefused, read_manifest

MANIFEST = "validation.json"
DEEPEST = 10
MOST_LISTED = 500
COPY_AT_ONCE = 1024 * 1024
LONGEST_NAME = 200


class StudyRefused(Exception):
    """One study cannot be used; the run goes on without it and says so."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class SpooledStudy:
    """Copies of a study's files, by what they may be; names are those in the folder.

    ``digests`` are (path below the study, SHA-256) of everything that was read.
    """

    dicom: tuple[Path, ...]
    nifti: tuple[tuple[str, Path], ...]
    side_cars: tuple[tuple[str, Path], ...]
    digests: tuple[tuple[str, str], ...]


def find_root() -> Path:
    """The configured root, with links in its own path followed.

    Raises
    ------
    ValidationNotPossible
        ``validation_root_missing``.
    """
    root = conf.validation_root()
    if root is None or not root.is_dir():
        raise ValidationNotPossible(
            "No folder for validation is set up (CONSILIUM_VALIDATION_ROOT).",
            code="validation_root_missing",
        )
    return root.resolve()


def resolve_folder(name: str) -> Path:
    """A folder by its name below the root; nothing outside it, by whatever way it is said.

    Raises
    ------
    ValidationNotPossible
        ``validation_root_missing``, ``unsafe_folder``, ``folder_missing``.
    """
    root = find_root()
    parts = PurePosixPath(name).parts
    is_plain = bool(parts) and not name.startswith("/") and "\0" not in name and "\\" not in name
    if not is_plain or len(parts) > DEEPEST or any(one in {"..", "."} for one in parts):
        raise ValidationNotPossible("This is not the name of a folder.", code="unsafe_folder")
    path = root
    for part in parts:
        path = path / part
        if path.is_symlink():
            raise ValidationNotPossible("The folder is a link.", code="unsafe_folder")
    if not path.resolve().is_relative_to(root):
        raise ValidationNotPossible("This is not the name of a folder.", code="unsafe_folder")
    if not path.is_dir():
        raise ValidationNotPossible("There is no such folder.", code="folder_missing")
    return path


def list_folders() -> list[tuple[str, int]]:
    """Folders directly below the root, with how many studies they hold; links are left out."""
    found = []
    with os.scandir(find_root()) as entries:
        for entry in sorted(entries, key=lambda one: one.name)[:MOST_LISTED]:
            if entry.is_dir(follow_symlinks=False) and is_shown(entry.name):
                found.append((entry.name, sum(1 for _ in _directories(Path(entry.path)))))
    return found


def list_studies(folder: Path) -> list[str]:
    """Names of the study directories, sorted; links among them too, to be refused by name.

    Raises
    ------
    ValidationNotPossible
        ``no_studies``: none, or too many.
    """
    names = sorted(_directories(folder, with_links=True))
    if not names:
        raise ValidationNotPossible(
            "The folder holds no studies: each is a directory of its own.", code="no_studies"
        )
    if len(names) > conf.VALIDATION_MAX_STUDIES:
        raise ValidationNotPossible("The folder holds too many studies.", code="no_studies")
    return names


def open_manifest(folder: Path) -> tuple[Manifest, str]:
    """``validation.json`` and its SHA-256; without one the defaults, and an empty string.

    Raises
    ------
    ValidationNotPossible
        ``bad_manifest``.
    """
    path = folder / MANIFEST
    if not os.path.lexists(path):
        return Manifest(), ""
    try:
        body = b"".join(_read(path, most=MAX_BYTES + 1))
        return read_manifest(body), hashlib.sha256(body).hexdigest()
    except (StudyRefused, ManifestRefused, OSError) as error:
        raise ValidationNotPossible(str(error)[:400], code="bad_manifest") from error


def spool_study(directory: Path, *, into: Path) -> SpooledStudy:
    """Copy a study's files, so that what was hashed is what is read.

    Raises
    ------
    StudyRefused
        ``link``, ``special_file``, ``unsafe_name``, ``too_many_files``, ``too_large``,
        ``unreadable``.
    """
    if directory.is_symlink():
        raise StudyRefused("link", "The study is a link.")
    kinds: dict[str, list[tuple[str, Path]]] = {"dicom": [], "nifti": [], "side_car": []}
    digests: list[tuple[str, str]] = []
    room = conf.VALIDATION_MAX_BYTES
    try:
        for place, (name, path) in enumerate(_walk(directory)):
            if place >= conf.VALIDATION_MAX_FILES:
                raise StudyRefused("too_many_files", "The study has too many files.")
            copy = into / f"{place:06d}.in"
            digest = hashlib.sha256()
            with copy.open("xb") as out:
                for piece in _read(path, most=room):
                    room -= len(piece)
                    digest.update(piece)
                    out.write(piece)
            digests.append((name, digest.hexdigest()))
            kinds[_kind_of(name)].append((name, copy))
    except OSError as error:
        raise StudyRefused("unreadable", f"A file cannot be read: {error.strerror}.") from error
    return SpooledStudy(
        dicom=tuple(path for _, path in kinds["dicom"]),
        nifti=tuple(kinds["nifti"]),
        side_cars=tuple(kinds["side_car"]),
        digests=tuple(digests),
    )


def is_shown(name: str) -> bool:
    """Names that do not print are not listed, and refused as a study."""
    return name.isprintable() and len(name) <= LONGEST_NAME and not name.startswith(".")


def _directories(folder: Path, *, with_links: bool = False) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            is_link = entry.is_symlink()
            if entry.name.startswith(".") or (is_link and not with_links):
                continue
            if is_link or entry.is_dir(follow_symlinks=False):
                yield entry.name


def _walk(directory: Path) -> Iterator[tuple[str, Path]]:
    """Regular files with their path below the study, sorted; anything else is refused."""
    for folder, folders, names in os.walk(directory, followlinks=False, onerror=_raise):
        folders.sort()
        for name in folders:
            if (Path(folder) / name).is_symlink():
                raise StudyRefused("link", "The study holds a link.")
        for name in sorted(names):
            path = Path(folder) / name
            below = path.relative_to(directory).as_posix()
            if not below.isprintable():
                raise StudyRefused("unsafe_name", "A file name holds what cannot be printed.")
            mode = path.lstat().st_mode
            if stat.S_ISLNK(mode):
                raise StudyRefused("link", "The study holds a link.")
            if not stat.S_ISREG(mode):
                raise StudyRefused("special_file", "The study holds something that is no file.")
            yield below, path


def _raise(error: OSError) -> None:
    raise error


def _read(path: Path, *, most: int) -> Iterator[bytes]:
    """The bytes of a regular file; a link that took its place meanwhile is not followed."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as stream:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise StudyRefused("special_file", "The study holds something that is no file.")
        read = 0
        while piece := stream.read(COPY_AT_ONCE):
            read += len(piece)
            if read > most:
                raise StudyRefused("too_large", "It is larger than the limit.")
            yield piece


def _kind_of(name: str) -> str:
    lower = name.lower()
    if lower.endswith((".nii", ".nii.gz")):
        return "nifti"
    return "side_car" if lower.endswith(".json") else "dicom"
