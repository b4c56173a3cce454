"""Makes people, patients, cases and boards for tests, through the services the product uses."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

from apps.accounts.choices import Discipline, SystemRole
from apps.accounts.models import User
from apps.accounts.selectors import actor_for
from apps.accounts.services import create_person
from apps.cases.choices import Capacity, GrantSource, Guise
from apps.cases.models import Case, Patient
from apps.cases.services import create_case, create_patient, grant_access
from apps.core.actors import Actor

PASSWORD = "a long enough password"
SYSTEM = Actor.system("test")


def make_person(
    *,
    name: str = "",
    discipline: str = Discipline.SURGERY,
    roles: tuple[str, ...] = (),
    is_trainee: bool = False,
    password: str | None = None,
) -> User:
    label = name or f"Person {uuid4().hex[:6]}"
    return create_person(
        actor=SYSTEM,
        email=f"{uuid4().hex[:10]}@test.example",
        display_name=label,
        discipline=discipline,
        system_roles=roles,
        is_trainee=is_trainee,
        password=password,
    )


def make_patient(*, patient_id: str = "", issuer: str = "TEST", name: str = "Doe^Jane") -> Patient:
    return create_patient(
        actor=SYSTEM,
        patient_id=patient_id or f"P{uuid4().hex[:8]}",
        issuer=issuer,
        name=name,
        birth_date=date(1961, 5, 4),
        sex="F",
    )


@dataclass
class CaseTeam:
    """One case with a person in every capacity; ``actor("chair")`` acts as one of them."""

    case: Case
    people: dict[str, User] = field(default_factory=dict)

    def actor(self, who: str) -> Actor:
        user = User.objects.prefetch_related("roles").get(pk=self.people[who].pk)
        return actor_for(user=user)

    @property
    def case_id(self) -> UUID:
        return self.case.pk


def make_case_team(*, patient: Patient | None = None, title: str = "Nodule") -> CaseTeam:
    """A case with coordinator, chair, radiologist, surgeon, oncologist, trainee, consultant
    (de-identified) and, outside the case, an outsider, admins and an auditor.
    """
    coordinator = make_person(
        name="Cora Coordinator",
        discipline=Discipline.COORDINATION,
        roles=(SystemRole.COORDINATOR,),
    )
    case = create_case(
        actor=actor_for(user=coordinator),
        patient_id=(patient or make_patient()).pk,
        title=title,
        clinical_question="Resectable?",
        tumour_type="lung",
    )
    team = CaseTeam(case=case, people={"coordinator": coordinator})
    members = {
        "chair": (Discipline.SURGERY, Capacity.CHAIR, False),
        "radiologist": (Discipline.RADIOLOGY, Capacity.MEMBER, False),
        "surgeon": (Discipline.SURGERY, Capacity.MEMBER, False),
        "oncologist": (Discipline.MEDICAL_ONCOLOGY, Capacity.MEMBER, False),
        "trainee": (Discipline.RADIOLOGY, Capacity.OBSERVER, True),
    }
    for who, (discipline, capacity, is_trainee) in members.items():
        user = make_person(
            name=f"{who.title()} Person", discipline=discipline, is_trainee=is_trainee
        )
        grant_access(actor=SYSTEM, case_id=case.pk, user_id=user.pk, capacity=capacity)
        team.people[who] = user
    consultant = make_person(name="Remote Consultant", discipline=Discipline.RADIOLOGY)
    grant_access(
        actor=SYSTEM,
        case_id=case.pk,
        user_id=consultant.pk,
        capacity=Capacity.CONSULTANT,
        guise=Guise.DEIDENTIFIED,
        source=GrantSource.CONSULT,
        source_id="consult-1",
        expires_at=datetime.now(UTC) + timedelta(days=14),
    )
    team.people["consultant"] = consultant
    team.people["outsider"] = make_person(name="Other Radiologist", discipline=Discipline.RADIOLOGY)
    for role in (SystemRole.SYSTEM_ADMIN, SystemRole.AI_ADMIN, SystemRole.AUDITOR):
        team.people[role] = make_person(
            name=role.replace("_", " ").title(),
            discipline=Discipline.ADMINISTRATION,
            roles=(role,),
        )
    return team
