"""``manage.py terminology load FILE.csv --system icd-10 --name "ICD-10-GM 2026"``."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.core.actors import Actor
from apps.core.exceptions import DomainError
from apps.terminology.selectors import describe_systems
from apps.terminology.services import load_code_list, retire_code_list


class Command(BaseCommand):
    help = "Code lists of the site: load one from CSV (code, display, synonyms), list, retire."

    def add_arguments(self, parser: CommandParser) -> None:
        tasks = parser.add_subparsers(dest="task", required=True)
        load = tasks.add_parser("load", help="load a list, or take a newer file of the same name")
        load.add_argument("file", type=Path)
        load.add_argument("--system", required=True, help="icd-10, icd-o-3, snomed-ct, …")
        load.add_argument("--name", help="its name; the file's name unless given")
        load.add_argument("--licence", default="", help="under which licence the site uses it")
        retire = tasks.add_parser("retire", help="take a list out of use")
        retire.add_argument("name")
        tasks.add_parser("list", help="what is bundled and what is loaded")

    def handle(self, *args: Any, **options: Any) -> None:
        actor = Actor.system("terminology command")
        try:
            if options["task"] == "load":
                self._load(actor, options)
            elif options["task"] == "retire":
                retire_code_list(actor=actor, name=options["name"])
            else:
                self._list()
        except DomainError as error:
            raise CommandError(f"{error.message} ({error.error_code})") from error

    def _load(self, actor: Actor, options: dict[str, Any]) -> None:
        file: Path = options["file"]
        if not file.is_file():
            raise CommandError(f"{file} is not a file.")
        loaded = load_code_list(
            actor=actor,
            content=file.read_bytes(),
            system=options["system"],
            name=options["name"] or file.stem,
            licence=options["licence"],
        )
        self.stdout.write(f"{loaded.name}: {loaded.count} codes of {loaded.system}")

    def _list(self) -> None:
        for row in describe_systems():
            self.stdout.write(f"{row['system']}: {row['bundled']} bundled. {row['extent']}")
            for one in row["loaded"]:
                self.stdout.write(f"  {one['name']}: {one['count']} codes")
