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
            offer_external,
            summarise_cases,
        )
        from apps.ai.services.external import owe_reading
        from apps.ai.subscriptions import follow_events
        from apps.ai.sweeper import sweep
        from apps.core import events
        from apps.core.registry import (
            case_needs,
            case_summaries,
            periodic,
            report_owners,
            segmentation_owners,
        )
        from apps.imaging.derived_objects import derived_objects
        from apps.imaging.events import StudyIngested

        derived_objects.register("ai.findings", offer_objects)
        derived_objects.register("ai.external", offer_external)
        events.subscribe(StudyIngested, owe_reading)
        case_needs.register("ai.jobs", cases_in_work)
        periodic.register("ai.sweeper", sweep)
        case_summaries.register("ai.findings", summarise_cases)
        follow_events()
        segmentation_owners.register("ai.findings", claim_segmentations)
        report_owners.register("ai.findings", claim_reports)
        signals.worker_process_init.connect(die_with_worker, weak=False)
        signals.worker_process_init.connect(clear_what_the_dead_left, weak=False)
