"""``manage.py import_dicom PATH… --case ID``: folders, files or zips into a case."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from apps.core.actors import Actor
from apps.core.exceptions import DomainError
from apps.imaging.choices import FileVerdict
from apps.imaging.services import import_files

TAKEN = {FileVerdict.STORED, FileVerdict.DUPLICATE}


class Command(BaseCommand):
    help = "Import DICOM files, folders or zips into a case; one verdict per file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH")
        parser.add_argument("--case", required=True, type=UUID)
        parser.add_argument(
            "--mismatch-reason",
            default="",
            help="Why a differing patient identity is the case's patient all the same.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            parent = import_files(
                actor=Actor.system("import_dicom"),
                case_id=options["case"],
                paths=options["paths"],
                mismatch_reason=options["mismatch_reason"],
            )
        except DomainError as error:
            raise CommandError(f"{error.error_code}: {error.message}") from error
        counts: dict[str, int] = {}
        for file in parent.files.all():
            counts[file.verdict] = counts.get(file.verdict, 0) + 1
            if file.verdict not in TAKEN:
                self.stdout.write(f"{file.verdict} {file.name}: {file.code}: {file.reason}")
        summary = ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()))
        self.stdout.write(summary or "nothing")
        if parent.state == "failed":
            raise CommandError(f"{parent.error_code}: {parent.error_message}")
        if not TAKEN & set(counts):
            raise CommandError("nothing was stored")
