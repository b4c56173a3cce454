"""``manage.py stage_table load FILE.csv --name "Lung" --edition uicc_8``."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.cases.clinical.reading import stage_tables
from apps.cases.clinical_choices import Edition
from apps.cases.services.stage_tables import load_stage_table, retire_stage_table
from apps.core.actors import Actor
from apps.core.exceptions import DomainError


class Command(BaseCommand):
    help = "Staging tables that the site may use: CSV with the columns prefix,t,n,m,group."

    def add_arguments(self, parser: CommandParser) -> None:
        tasks = parser.add_subparsers(dest="task", required=True)
        load = tasks.add_parser("load", help="load a table, or a newer one of the same name")
        load.add_argument("file", type=Path)
        load.add_argument("--name", required=True)
        load.add_argument(
            "--edition", required=True, choices=[one for one in Edition.values if one]
        )
        retire = tasks.add_parser("retire", help="take a table out of use")
        retire.add_argument("name")
        tasks.add_parser("list", help="the tables in use")

    def handle(self, *args: Any, **options: Any) -> None:
        actor = Actor.system("stage_table command")
        try:
            if options["task"] == "load":
                file: Path = options["file"]
                if not file.is_file():
                    raise CommandError(f"{file} is not a file.")
                table = load_stage_table(
                    actor=actor,
                    content=file.read_bytes(),
                    name=options["name"],
                    edition=options["edition"],
                )
                self.stdout.write(f"{table.name}: {len(table.rows)} rows")
            elif options["task"] == "retire":
                retire_stage_table(actor=actor, name=options["name"])
            else:
                for table in stage_tables():
                    self.stdout.write(f"{table.name} ({table.edition}): {len(table.rows)} rows")
        except DomainError as error:
            raise CommandError(f"{error.message} ({error.error_code})") from error
