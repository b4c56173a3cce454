from django.apps import AppConfig


class BoardsConfig(AppConfig):
    name = "apps.boards"
    label = "boards"

    def ready(self) -> None:
        from apps.boards.embargo import withhold_from_agenda
        from apps.boards.selectors import (
            cases_on_coming_agendas,
            decisions_about,
            next_meetings,
        )
        from apps.cases.embargo import ai_embargoes
        from apps.core.registry import case_decisions, case_needs, case_summaries

        ai_embargoes.register("boards.agenda", withhold_from_agenda)
        case_decisions.register("boards.decisions", decisions_about)
        case_needs.register("boards.agenda", cases_on_coming_agendas)
        case_summaries.register("boards.next_meeting", next_meetings)
