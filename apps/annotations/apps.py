from django.apps import AppConfig


class AnnotationsConfig(AppConfig):
    name = "apps.annotations"
    label = "annotations"

    def ready(self) -> None:
        from apps.annotations.segmentations.services import sweep_chunks
        from apps.core.registry import periodic

        periodic.register("annotations.chunks", sweep_chunks)
