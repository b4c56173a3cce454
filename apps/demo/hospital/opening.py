"""Open the demo hospital: everything through the services that people use, each step once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from allauth.account.models import EmailAddress
from django.core.management import call_command
from django.utils import timezone

from apps.accounts import services as accounts
from apps.accounts.models import User
from apps.accounts.selectors import actor_for
from apps.ai import services as ai
from apps.ai.exceptions import ModelNotActive, SeriesNotReady
from apps.ai.models import Job, Model
from apps.boards import services as boards
from apps.boards.choices import AgendaStatus, BoardRole, MeetingStatus
from apps.boards.models import AgendaItem, Board, BoardMember, Decision, Meeting
from apps.cases import services as cases
from apps.cases.choices import Capacity, Guise
from apps.cases.models import Case, CaseGrant, Patient
from apps.core.actors import Actor
from apps.core.exceptions import DomainError
from apps.demo.dicom.common import ISSUER
from apps.demo.hospital import imaging, readiness
from apps.demo.hospital.build import build_each
from apps.demo.hospital.casebook import (
    BOARDS,
    CASES,
    DE_IDENTIFIED_FOR_CONSULTANT,
    SMALL_CASES,
    THORACIC,
    BoardRecipe,
    CaseRecipe,
)
from apps.demo.hospital.clinical import tell_clinical
from apps.demo.hospital.deciding import decide, leave_one_to_sign
from apps.demo.hospital.history import tell_history
from apps.demo.hospital.lists import receive_demo_list
from apps.demo.hospital.people import AI_APPROVERS, DOMAIN, PASSWORD, PEOPLE
from apps.demo.hospital.recipes import PATIENTS, RECIPES, SMALL_RECIPES, StudyRecipe
from apps.imaging.choices import StudyState
from apps.imaging.models import PacsConnection, Series

INSTALLER = Actor.system("demo hospital")
PET_MODEL, CT_MODEL = "pet-uptake", "phantom-tumour"
MEETING_LENGTH = timedelta(hours=1)
CONSULT_LENGTH = timedelta(days=30)
Say = Callable[[str], None]


@dataclass
class Opening:
    """One run of the command.

    Attributes
    ----------
    root
        Where the computed examinations are kept.
    small
        Three cases on one board with coarse phantoms, for end-to-end tests.
    with_history
        Months of runs of the models that never happened, for monitoring.
    failed
        Examinations that did not come in; the next run tries them again.
    """

    root: Path
    small: bool
    say: Say
    with_history: bool = False
    people: dict[str, User] = field(default_factory=dict)
    cases: dict[str, Case] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)

    @property
    def recipes(self) -> tuple[StudyRecipe, ...]:
        return SMALL_RECIPES if self.small else RECIPES

    @property
    def case_recipes(self) -> tuple[CaseRecipe, ...]:
        return tuple(one for one in CASES if not self.small or one.patient in SMALL_CASES)

    @property
    def board_recipes(self) -> tuple[BoardRecipe, ...]:
        return BOARDS[:1] if self.small else BOARDS

    def board_of(self, case: CaseRecipe) -> str:
        return THORACIC if self.small else case.board

    def actor(self, login: str) -> Actor:
        return actor_for(user=self.people[login])

    def run(self) -> None:
        self.open_people()
        self.open_cases()
        self.open_boards()
        self.record_past_decision()
        tell_clinical(actor=self.actor, standing=self.cases, say=self.say)
        readiness.tell_readiness(people=self.people, cases=self.cases)
        if not self.small:
            leave_one_to_sign(people=self.people, cases=self.cases)
        receive_demo_list(actor=self.actor("coordinator"), board_name=self.board_recipes[0].name)
        self.open_models()
        if self.with_history:
            tell_history(people=self.people, say=self.say)
        self.ask_models(recipes=self.recipes)
        self.bring_studies()

    # -- people and cases ----------------------------------------------------------------

    def open_people(self) -> None:
        standing = {u.email: u for u in User.objects.filter(email__endswith=f"@{DOMAIN}")}
        for one in PEOPLE:
            user = standing.get(one.email)
            if user is None:
                user = accounts.create_person(
                    actor=INSTALLER,
                    email=one.email,
                    display_name=one.display_name,
                    password=PASSWORD,
                    discipline=one.discipline,
                    institution=accounts.create_institution(actor=INSTALLER, name=one.institution),
                    system_roles=one.system_roles,
                    is_trainee=one.is_trainee,
                )
                self.say(f"{one.email}: {one.display_name}")
            # The address is known to be right: nobody has to click a link in a letter.
            EmailAddress.objects.get_or_create(
                user=user, email=one.email, defaults={"verified": True, "primary": True}
            )
            self.people[one.login] = user

    def open_cases(self) -> None:
        coordinator = self.actor("coordinator")
        for one in self.case_recipes:
            patient = self._find_patient(one.patient)
            case = Case.objects.filter(patient=patient, title=one.title).first()
            if case is None:
                case = cases.create_case(
                    actor=coordinator, patient_id=patient.pk, title=one.title, **one.fields
                )
            self.cases[one.patient] = case
        self._invite_consultant()

    def _find_patient(self, key: str) -> Patient:
        phantom = PATIENTS[key]
        standing = Patient.objects.filter(issuer=ISSUER, patient_id=phantom.patient_id).first()
        if standing is not None:
            return standing
        return cases.create_patient(
            actor=self.actor("coordinator"),
            issuer=ISSUER,
            patient_id=phantom.patient_id,
            name=phantom.name,
            birth_date=datetime.strptime(phantom.birth_date, "%Y%m%d").date(),
            sex=phantom.sex,
        )

    def _invite_consultant(self) -> None:
        """One remote colleague sees one case without knowing whose it is."""
        key = SMALL_CASES[0] if self.small else DE_IDENTIFIED_FOR_CONSULTANT
        case, consultant = self.cases[key], self.people["consultant"]
        if CaseGrant.objects.filter(
            case=case, user=consultant, revoked_at__isnull=True, expires_at__gt=timezone.now()
        ).exists():
            return
        cases.grant_access(
            actor=self.actor("coordinator"),
            case_id=case.pk,
            user_id=consultant.pk,
            capacity=Capacity.CONSULTANT,
            guise=Guise.DEIDENTIFIED,
            expires_at=timezone.now() + CONSULT_LENGTH,
        )

    # -- boards --------------------------------------------------------------------------

    def open_boards(self) -> None:
        coordinator = self.actor("coordinator")
        for recipe in self.board_recipes:
            board = Board.objects.filter(name=recipe.name).first()
            if board is None:
                board = boards.create_board(
                    actor=coordinator,
                    name=recipe.name,
                    description=recipe.description,
                    minutes_per_case=recipe.minutes_per_case,
                )
                boards.set_ai_reading(
                    actor=coordinator, board_id=board.pk, ai_reading=recipe.ai_reading
                )
            self._seat(board, recipe)
            self._plan_meetings(board)

    def _seat(self, board: Board, recipe: BoardRecipe) -> None:
        seated = set(
            BoardMember.objects.filter(board=board, left_at__isnull=True).values_list(
                "user_id", flat=True
            )
        )
        wanted = [("coordinator", str(BoardRole.COORDINATOR)), *recipe.members]
        for login, role in wanted:
            if self.people[login].pk not in seated:
                boards.add_board_member(
                    actor=INSTALLER, board_id=board.pk, user_id=self.people[login].pk, role=role
                )

    def _plan_meetings(self, board: Board) -> None:
        """A meeting where its cases need one; a case that has been on an agenda stays there."""
        coordinator = self.actor("coordinator")
        for one in self.case_recipes:
            when = "today" if self.small and one.meeting == "next" else one.meeting
            if self.board_of(one) != board.name or when == "none":
                continue
            case = self.cases[one.patient]
            if AgendaItem.objects.filter(case=case).exists():
                continue
            meeting = self._find_meeting(board, when)
            boards.add_agenda_item(actor=coordinator, meeting_id=meeting.pk, case_id=case.pk)

    def _find_meeting(self, board: Board, when: str) -> Meeting:
        starts_at = meeting_start(board_name=board.name, when=when)
        day = starts_at.date()
        standing = Meeting.objects.filter(board=board, starts_at__date=day).first()
        if standing is not None:
            return standing
        return boards.schedule_meeting(
            actor=self.actor("coordinator"),
            board_id=board.pk,
            starts_at=starts_at,
            ends_at=starts_at + MEETING_LENGTH,
            room="Demo room 1",
        )

    def record_past_decision(self) -> None:
        """One case was decided last week, with one dissent by name."""
        recipe = next((one for one in self.case_recipes if one.meeting == "past"), None)
        if recipe is None:
            return
        case = self.cases[recipe.patient]
        if Decision.objects.filter(case=case).exists():
            return
        item = AgendaItem.objects.select_related("meeting").get(case=case)
        chair = self.actor("chair")
        boards.goto_agenda_item(actor=chair, item_id=item.pk)
        decide(people=self.people, case=case, item=item)
        self._close_meeting(item.pk)

    def _close_meeting(self, item_id: UUID) -> None:
        item = AgendaItem.objects.select_related("meeting").get(pk=item_id)
        chair = self.actor("chair")
        if item.status == AgendaStatus.CURRENT:
            boards.finish_agenda_item(
                actor=chair, item_id=item.pk, version=item.version, status=AgendaStatus.DISCUSSED
            )
        meeting = Meeting.objects.get(pk=item.meeting_id)
        if meeting.status == MeetingStatus.OPEN:
            boards.move_meeting(
                actor=chair,
                meeting_id=meeting.pk,
                version=meeting.version,
                to=MeetingStatus.CLOSED,
            )

    # -- studies and models --------------------------------------------------------------

    def bring_studies(self) -> None:
        connection = PacsConnection.objects.filter(managed_by_settings=True, is_active=True).first()
        todo = [one for one in self.recipes if not self._is_here(one, connection)]
        if not todo:
            return
        self.say(f"{len(todo)} examinations to bring in; computing what is not in {self.root}")
        for recipe, was_built in build_each(recipes=tuple(todo), root=self.root):
            if was_built:
                self.say(f"{recipe.key}: computed")
            try:
                self._bring_one(recipe, connection)
            except DomainError as error:
                self.failed.append(recipe.key)
                self.say(f"{recipe.key}: {error.message}")

    def _bring_one(self, recipe: StudyRecipe, connection: PacsConnection | None) -> None:
        if connection is not None:
            sent = imaging.store_in_pacs(connection=connection, recipe=recipe, root=self.root)
            self.say(f"{recipe.key}: {'stored in' if sent else 'is in'} {connection.name}")
        if not recipe.is_linked:
            return
        case = self._case_of(recipe)
        imaging.bring_in(
            actor=self.actor("coordinator"),
            case=case,
            recipe=recipe,
            root=self.root,
            connection=connection,
        )
        study = imaging.wait_for_study(recipe)
        if study is None or study.state != StudyState.READY:
            self.failed.append(recipe.key)
        self.say(f"{recipe.key}: {study.state if study else 'refused'}")
        self.ask_models(recipes=(recipe,))

    def _case_of(self, recipe: StudyRecipe) -> Case:
        return next(
            self.cases[one.patient] for one in self.case_recipes
            if PATIENTS[one.patient] == recipe.study.patient
        )  # fmt: skip

    def _is_here(self, recipe: StudyRecipe, connection: PacsConnection | None) -> bool:
        if recipe.is_linked:
            return imaging.is_linked(case=self._case_of(recipe), recipe=recipe)
        if connection is None:
            return True
        try:
            return imaging.is_in_pacs(connection=connection, recipe=recipe)
        except DomainError:
            return False  # storing it says what is wrong with the PACS

    def open_models(self) -> None:
        """Register what the release ships; two people approve its content."""
        if not Model.objects.filter(slug=CT_MODEL).exists():
            emails = [self.people[login].email for login in AI_APPROVERS]
            call_command("register_models", approver=emails)

    def ask_models(self, *, recipes: tuple[StudyRecipe, ...]) -> None:
        """The radiologist asks each model about what it is for; asked before, it stays."""
        models = {one.slug: one for one in Model.objects.all()}
        uids = [one.study.uid for one in recipes]
        wanted = {"CT": models.get(CT_MODEL), "PT": models.get(PET_MODEL)}
        asked = set(Job.objects.values_list("series_id", "version__model_id"))
        series = Series.objects.filter(
            study__study_instance_uid__in=uids, modality__in=wanted
        ).select_related("study")
        for one in series:
            model = wanted[one.modality]
            if model is None or (one.pk, model.pk) in asked:
                continue
            self._ask(model, one)

    def _ask(self, model: Model, series: Series) -> None:
        case_study = series.study.case_studies.first()
        if case_study is None:
            return
        # A case on no agenda has no clinician yet who could ask.
        actor = self.actor("radiologist")
        if not CaseGrant.objects.filter(
            case_id=case_study.case_id, user_id=actor.person_id, revoked_at__isnull=True
        ).exists():
            return
        try:
            ai.request_job(
                actor=actor,
                case_id=case_study.case_id,
                model_id=model.pk,
                series_instance_uid=series.series_instance_uid,
            )
        except (ModelNotActive, SeriesNotReady) as error:
            self.say(f"{model.slug}: {error.message}")


def meeting_start(*, board_name: str, when: str) -> datetime:
    """When a board meets: today at the next half hour, next week, or a week ago."""
    now = timezone.localtime()
    if when == "today":
        half_hour = now.replace(minute=0, second=0, microsecond=0)
        half_hour += timedelta(minutes=30 * (now.minute // 30 + 1))
        is_today = half_hour.date() == now.date()
        # In the last half hour of a day it has just begun: today's meeting is never a past one.
        return half_hour if is_today else half_hour - timedelta(minutes=30)
    day = now + timedelta(days={"next": {THORACIC: 7}.get(board_name, 6), "past": -7}[when])
    return day.replace(hour=13, minute=0, second=0, microsecond=0)
