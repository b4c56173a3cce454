from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "apps.audit"
    label = "audit"

    def ready(self) -> None:
        from apps.audit.services import seal_pending
        from apps.core.registry import periodic

        periodic.register("audit.seal", seal_pending)
