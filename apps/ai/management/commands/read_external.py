"""``manage.py read_external``: owe a look to studies archived before others' results were read."""

from typing import Any

from django.core.management.base import BaseCommand

from apps.ai.services.external import owe_study, studies_with_candidates


class Command(BaseCommand):
    help = "Have SEG, SR and parametric maps of other vendors read that are in the archive."

    def handle(self, *args: Any, **options: Any) -> None:
        owed = sum(owe_study(study_id=study_id) for study_id in studies_with_candidates())
        self.stdout.write(f"{owed} studies are being read.")
