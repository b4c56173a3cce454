"""Lists ``up`` among the commands; `manage.py` itself runs it without loading Django."""

import argparse
import sys
from typing import Any

from django.core.management.base import BaseCommand

from config.supervisor.command import add_arguments, run


class Command(BaseCommand):
    help = "Run the whole house: engines, migrations, web, workers, logs; one Ctrl-C ends all."
    requires_system_checks = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        sys.exit(run(argparse.Namespace(**options)))
