"""What the sample boards have agreed on, and how far some of their cases are."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from apps.accounts.models import User
from apps.accounts.selectors import actor_for
from apps.boards import services as boards
from apps.boards.case_templates import builtin_templates
from apps.boards.models import CaseTemplate, ItemDuty, ItemRecord
from apps.cases.choices import WAITING, TumourType
from apps.cases.models import Case
from apps.core.actors import Actor

STANDARD = {
    "key": "stage_one_fit",
    "name": "Stage I lung cancer, fit for surgery: anatomical resection",
    "reference": "Thoracic pathway of the sample hospital, version 3, page 7 (fictional)",
}
NOTE = "One standard of care agreed on"


def tell_readiness(*, people: dict[str, User], cases: dict[str, Case]) -> None:
    """What has arrived for the cases that wait, and what the lung board agreed on."""
    agree_on_a_standard(chair=actor_for(user=people["chair"]))
    prepare_cases(
        coordinator=actor_for(user=people["coordinator"]),
        case_ids=[one.pk for one in cases.values()],
        surgeon_id=people["surgeon"].pk,
        today=date.today(),
    )


def agree_on_a_standard(*, chair: Actor) -> None:
    """Lung cases may be listed by it from then on; what a site changed meanwhile stays."""
    if CaseTemplate.objects.filter(tumour_type=TumourType.LUNG, version__gt=1).exists():
        return
    document = builtin_templates()[TumourType.LUNG].model_dump(mode="json")
    boards.revise_template(
        actor=chair,
        tumour_type=TumourType.LUNG,
        version=1,
        document={**document, "standards": [STANDARD]},
        note=NOTE,
    )


def prepare_cases(
    *, coordinator: Actor, case_ids: list[UUID], surgeon_id: UUID, today: date
) -> None:
    """The first of the waiting cases lacks nothing but a date, the others this and that."""
    waiting = Case.objects.filter(pk__in=case_ids, status__in=WAITING).order_by("created_at")
    for number, case in enumerate(waiting):
        if ItemRecord.objects.filter(case=case).exists():
            continue
        said: dict[str, dict[str, Any]] = {
            "radiology_report": {"state": "arrived", "on": today - timedelta(days=3)},
            "comorbidity": {"state": "arrived", "note": "COPD GOLD 2, hypertension"},
            "pathology_report": {
                "state": "expected",
                "expected_by": today + timedelta(days=2),
            },
        }
        if number == 0:
            said |= {
                "patient_preference": {"state": "arrived", "note": "Wants to keep singing"},
                "presenter": {"state": "arrived", "person_id": surgeon_id},
                "lung_function": {"state": "arrived", "on": today - timedelta(days=9)},
            }
        known = {one["key"] for one in boards.readiness_of(case_id=case.pk).facts}
        for item, words in said.items():
            if item in known:
                boards.record_item(actor=coordinator, case_id=case.pk, item=item, **words)
        if number == 1 and "pathology_report" in known:
            _ask_outside(coordinator=coordinator, case=case, due_on=today + timedelta(days=1))
        boards.refresh_readiness(case_id=case.pk)


def _ask_outside(*, coordinator: Actor, case: Case, due_on: date) -> None:
    if not ItemDuty.objects.filter(case=case).exists():
        boards.give_duty(
            actor=coordinator,
            case_id=case.pk,
            item="pathology_report",
            address="histology@outside-lab.example",
            due_on=due_on,
        )
