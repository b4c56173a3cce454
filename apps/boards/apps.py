from django.apps import AppConfig


class BoardsConfig(AppConfig):
    name = "apps.boards"
    label = "boards"

    def ready(self) -> None:
        from apps.boards.selectors import cases_on_coming_agendas, next_meetings
        from apps.core.registry import case_needs, case_summaries

        case_needs.register("boards.agenda", cases_on_coming_agendas)
        case_summaries.register("boards.next_meeting", next_meetings)
