"""Imaging: studies from PACS and files, the archive, pixels."""

import logging
from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate

logger = logging.getLogger(__name__)


class ImagingConfig(AppConfig):
    name = "apps.imaging"
    label = "imaging"

    def ready(self) -> None:
        from apps.core.registry import case_summaries, periodic, timeline
        from apps.imaging.completeness import summarise_images
        from apps.imaging.keeper import keep
        from apps.imaging.sweeper import sweep_ingest
        from apps.imaging.timeline import studies_on_timeline

        case_summaries.register("imaging", summarise_images)
        timeline.register("imaging.studies", studies_on_timeline)
        periodic.register("imaging.keeper", keep)
        periodic.register("imaging.sweeper", sweep_ingest)
        post_migrate.connect(ensure_house_pacs, sender=self)


def ensure_house_pacs(**kwargs: Any) -> None:
    """After each migrate (each start): the PACS named by the settings is known."""
    from apps.core.actors import Actor
    from apps.core.exceptions import DomainError
    from apps.imaging.services import ensure_connection_from_settings

    try:
        ensure_connection_from_settings(actor=Actor.system("settings"))
    except DomainError as error:
        logger.warning("CONSILIUM_PACS_URL: %s", error.message)
