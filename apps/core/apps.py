from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "apps.core"
    label = "core"

    def ready(self) -> None:
        from apps.core.api import schema  # noqa: F401 - registers what OpenAPI must know
        from apps.core.outbox import relay_batch
        from apps.core.registry import periodic

        periodic.register("core.outbox", relay_batch)
