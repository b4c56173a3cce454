from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate


class HouseConfig(AppConfig):
    """Makes the house's own commands (`manage.py up`) available."""

    name = "config"
    label = "house"

    def ready(self) -> None:
        from config import heartbeat, metrics  # noqa: F401 - metrics registers itself

        # A start begins with `migrate`: what spoke before it is not proof of life after it.
        post_migrate.connect(heartbeat.forget_heartbeats, sender=apps.get_app_config("core"))
