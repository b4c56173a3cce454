"""``manage.py ensure_pacs``: make or renew the connection named by CONSILIUM_PACS_URL."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.core.actors import Actor
from apps.core.exceptions import DomainError
from apps.imaging.services import ensure_connection_from_settings


class Command(BaseCommand):
    help = "Create or update the PACS connection from CONSILIUM_PACS_URL."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            connection = ensure_connection_from_settings(actor=Actor.system("settings"))
        except DomainError as error:
            raise CommandError(f"{error.error_code}: {error.message}") from error
        self.stdout.write(connection.base_url if connection else "CONSILIUM_PACS_URL is not set")
