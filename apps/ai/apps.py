from django.apps import AppConfig


class AiConfig(AppConfig):
    name = "apps.ai"
    label = "ai"

    def ready(self) -> None:
        from celery import signals

        from apps.ai.processes import die_with_worker
        from apps.ai.selectors import summarise_cases
        from apps.ai.sweeper import sweep
        from apps.core.registry import case_summaries, periodic

        periodic.register("ai.sweeper", sweep)
        case_summaries.register("ai.findings", summarise_cases)
        signals.worker_process_init.connect(die_with_worker, weak=False)
