"""Who works in the demo hospital, in every role, and one consultant elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

from apps.accounts.choices import Discipline, SystemRole

PASSWORD = "consilium-demo"  # noqa: S105 - a demo's password is printed on its sign-in page
DOMAIN = "demo.consilium.example"
HOSPITAL = "Consilium demo hospital"
ELSEWHERE = "Northern cancer centre (demo)"


@dataclass(frozen=True)
class PersonRecipe:
    """One account; ``login`` is the part before the at sign."""

    login: str
    display_name: str
    discipline: str
    system_roles: tuple[str, ...] = ()
    institution: str = HOSPITAL
    is_trainee: bool = False

    @property
    def email(self) -> str:
        return f"{self.login}@{DOMAIN}"


PEOPLE: tuple[PersonRecipe, ...] = (
    PersonRecipe("coordinator", "Mira Sand", Discipline.COORDINATION, (SystemRole.COORDINATOR,)),
    PersonRecipe("chair", "Dr Henrik Wold", Discipline.MEDICAL_ONCOLOGY),
    PersonRecipe("radiologist", "Dr Aylin Demir", Discipline.RADIOLOGY),
    PersonRecipe("surgeon", "Dr Tomasz Krol", Discipline.SURGERY),
    PersonRecipe("oncologist", "Dr Lena Fischer", Discipline.MEDICAL_ONCOLOGY),
    PersonRecipe("pathologist", "Dr Rui Tavares", Discipline.PATHOLOGY),
    PersonRecipe("radiotherapist", "Dr Noor Haddad", Discipline.RADIATION_ONCOLOGY),
    PersonRecipe("nuclear", "Dr Paolo Ricci", Discipline.NUCLEAR_MEDICINE),
    PersonRecipe("consultant", "Prof Ingrid Solheim", Discipline.SURGERY, institution=ELSEWHERE),
    PersonRecipe("trainee", "Dr Sam Okafor", Discipline.RADIOLOGY, is_trainee=True),
    PersonRecipe("ai-admin", "Yuki Mori", Discipline.ADMINISTRATION, (SystemRole.AI_ADMIN,)),
    PersonRecipe("admin", "Ola Berg", Discipline.ADMINISTRATION, (SystemRole.SYSTEM_ADMIN,)),
    PersonRecipe("auditor", "Clara Voss", Discipline.ADMINISTRATION, (SystemRole.AUDITOR,)),
)

AI_APPROVERS = ("ai-admin", "radiologist")
