from django.apps import AppConfig


class AiConfig(AppConfig):
    name = "apps.ai"
    label = "ai"

    def ready(self) -> None:
        from celery import signals

        from apps.ai.dicom_objects import offer_objects
        from apps.ai.processes import clear_what_the_dead_left, die_with_worker
        from apps.ai.selectors import (
            cases_in_work,
            claim_reports,
            claim_segmentations,
            summarise_cases,
        )
        from apps.ai.sweeper import sweep
        from apps.core.registry import (
            case_needs,
            case_summaries,
            periodic,
            report_owners,
            segmentation_owners,
        )
        from apps.imaging.derived_objects import derived_objects

        derived_objects.register("ai.findings", offer_objects)
        case_needs.register("ai.jobs", cases_in_work)
        periodic.register("ai.sweeper", sweep)
        case_summaries.register("ai.findings", summarise_cases)
        segmentation_owners.register("ai.findings", claim_segmentations)
        report_owners.register("ai.findings", claim_reports)
        signals.worker_process_init.connect(die_with_worker, weak=False)
        signals.worker_process_init.connect(clear_what_the_dead_left, weak=False)
