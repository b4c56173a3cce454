"""``manage.py demo_hospital``: a hospital that exists nowhere, to try everything with."""

import shutil
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.demo.hospital.casebook import THORACIC
from apps.demo.hospital.opening import Opening
from apps.demo.hospital.people import DOMAIN, PASSWORD
from apps.demo.hospital.quarter import tell_quarter


class Command(BaseCommand):
    help = (
        "Fill the house with people for every role, boards, cases and phantom examinations. "
        "Run again it adds only what is missing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--fresh", action="store_true", help="compute the examinations anew, not from cache"
        )
        parser.add_argument(
            "--small", action="store_true", help="three cases on one board, coarse phantoms"
        )

        parser.add_argument(
            "--history", action="store_true",
            help="runs of the models over months, for monitoring; without --small always",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        started_at = time.monotonic()
        root = Path(settings.VAR_DIR) / "demo"
        if options["fresh"]:
            shutil.rmtree(root, ignore_errors=True)
        opening = Opening(
            root=root,
            small=options["small"],
            say=self.say,
            with_history=bool(options["history"]) or not options["small"],
        )
        opening.run()
        if opening.with_history:
            tell_quarter(people=opening.people, board_name=THORACIC, say=self.say)
        if opening.failed:
            keys = ", ".join(opening.failed)
            raise CommandError(f"did not come in: {keys}. Run it again when the PACS answers.")
        self.say(f"the demo hospital is open ({time.monotonic() - started_at:.1f} s)")
        self.say(f"sign in as coordinator@{DOMAIN}, radiologist@… with {PASSWORD}")

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
