from django.apps import AppConfig


class HouseConfig(AppConfig):
    """Makes the house's own commands (`manage.py up`) available."""

    name = "config"
    label = "house"

    def ready(self) -> None:
        from config import heartbeat, metrics  # noqa: F401 - connect themselves
