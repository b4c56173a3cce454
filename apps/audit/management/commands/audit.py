"""`manage.py audit verify`: recompute the chain; `manage.py audit seal`: seal the tail now."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.audit.selectors import verify_chain
from apps.audit.services import seal_pending


class Command(BaseCommand):
    help = "Verify or seal the audit trail."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("verb", choices=["verify", "seal"])

    def handle(self, *args: Any, verb: str, **options: Any) -> None:
        if verb == "seal":
            self.stdout.write(f"sealed {seal_pending()} entries")
            return
        started = time.monotonic()
        report = verify_chain()
        if not report.is_whole:
            raise CommandError(f"The chain is broken at {report.broken_at}: {report.reason}.")
        rate = report.sealed / max(time.monotonic() - started, 1e-6)
        self.stdout.write(
            f"{report.sealed} sealed entries hold ({rate:,.0f}/s), "
            f"{report.unsealed} not sealed yet, head {report.head}"
        )
