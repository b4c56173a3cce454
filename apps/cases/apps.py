from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "apps.cases"
    label = "cases"

    def ready(self) -> None:
        from apps.cases.clinical.reading import entries_on_timeline
        from apps.core.registry import timeline

        timeline.register("cases.clinical", entries_on_timeline)
