from django.apps import AppConfig


class ImagingConfig(AppConfig):
    name = "apps.imaging"
    label = "imaging"

    def ready(self) -> None:
        from apps.core.registry import case_summaries, periodic
        from apps.imaging.selectors import summarise_images
        from apps.imaging.sweeper import sweep_ingest

        case_summaries.register("imaging", summarise_images)
        periodic.register("imaging.sweeper", sweep_ingest)
