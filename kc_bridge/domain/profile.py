"""A university profile: journeys, password policy, branding and texts of one realm, read from one TOML file.

Shipped profiles are in ``required_actions/profiles``; a university writes its own file and names its path.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from kc_bridge.domain import plugins
from kc_bridge.domain.drift import Drift
from kc_bridge.domain.errors import ConfigurationError
from kc_bridge.domain.fault import told
from kc_bridge.domain.lifecycle import Lifecycle
from kc_bridge.domain.matching import USUAL_RULES, MatchingRule
from kc_bridge.domain.numbers import NumberKind
from kc_bridge.domain.password_policy import PasswordPolicy
from kc_bridge.domain.toml_model import load_toml

__all__ = [
    "END_OF_DAY",
    "Branding",
    "Charter",
    "JourneySpec",
    "Notice",
    "Page",
    "Privacy",
    "UniversityProfile",
    "load_profile",
]

END_OF_DAY: Literal["end-of-day"] = "end-of-day"

SHIPPED = "required_actions.profiles"


def _written(value: Any) -> Any:
    """A bare number would be seconds, which nobody means."""
    if isinstance(value, timedelta) or value == END_OF_DAY or (isinstance(value, str) and value[:1] == "P"):
        return value
    raise ValueError


def _in_future(value: timedelta | str) -> timedelta | str:
    if isinstance(value, timedelta) and value <= timedelta():
        raise ValueError
    return value


Lifetime = Annotated[
    timedelta | Literal["end-of-day"],
    BeforeValidator(_written),
    AfterValidator(_in_future),
    told("Write PT48H, P7D or end-of-day."),
]
"""Of a mailed link."""
Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$"), told("Write #rrggbb, as in #1d4f91.")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Branding(_Strict):
    """What makes pages, theme and mails look like this university's."""

    name: str
    """Full name, as in headers and mail signatures."""
    short_name: str
    """Short name, as in subjects."""
    primary: Colour = "#1d4f91"
    """Main colour: buttons have it; links and marks have what is readable of it (:mod:`kc_bridge.domain.colour`)."""
    logo_url: str | None = None
    """Address of a logo on the bridge's own origin; default: ours, neutral."""
    help_url: str | None = None
    """Where « Besoin d'aide ? » leads; default: the bridge's own help page."""
    help_mail: str | None = None
    """Address people write to."""


class Charter(_Strict):
    """The text people accept; the proof keeps version, language and the SHA-256 of the very text."""

    version: str = Field(pattern=r"^\S{1,64}$")
    """A new one is asked of all who accepted another, at their next login, once ``kcb setup`` has run."""
    since: date | None = None
    """First day of this version."""
    title: dict[str, str]
    text: dict[str, str]
    """By language; plain paragraphs separated by an empty line, ``- `` for lists, ``## `` for headings."""
    changes: dict[str, str] = {}
    """What is new, for those who accepted an older version; by language, written like ``text``."""

    @model_validator(mode="after")
    def _same_languages(self) -> Charter:
        languages = set(self.text)
        if not languages or set(self.title) != languages or (self.changes and set(self.changes) != languages):
            raise ValueError("title, text and changes (if any): write all of them in the same languages")
        return self

    def language(self, wanted: str) -> str:
        """The language of the text shown to whoever reads ``wanted``."""
        return wanted if wanted in self.text else next(iter(self.text))


class Page(_Strict):
    """One page of a journey: one or more steps done together."""

    steps: list[str] = Field(min_length=1)
    title: dict[str, str] = {}
    """Heading, by language; default: the titles of the steps."""
    waiting_title: dict[str, str] = {}
    """Heading while the page waits for an address to be confirmed, by language; default: « Consultez votre
    messagerie »."""
    percent: int | None = Field(None, ge=0, le=100)
    """What the progress bar says; default: « Étape 3 sur 5 »."""
    stages: int = Field(1, ge=1, le=2)
    """How many stages of the university's own instructions this page is: 2 where waiting for its mail is one more."""
    stages_before: int = Field(0, ge=0)
    """Stages those instructions count before this page and Keycloak shows: the identifier, the provisional password."""
    options: dict[str, dict[str, Any]] = {}
    """By step: what this journey wants otherwise than ``[steps.<step>]`` of the profile."""


class JourneySpec(_Strict):
    """The ordered pages one population goes through."""

    name: str
    populations: list[str] = Field(min_length=1)
    entrances: list[Literal["mail-link", "provisional-password", "identify", "identifier"]] = ["mail-link"]
    identify_by: list[NumberKind] = []
    """For the entrance ``identify``: kinds of number people may give with their birth date."""
    link_lifetime: Lifetime = timedelta(hours=24)
    """Life of the first mail's link, from the moment it is sent; ``end-of-day``: until 23:59 the same day."""
    asked_link_lifetime: Lifetime | None = None
    """Life of links people ask for themselves: sent again, or to an address they have just given. Default: the same."""
    pages: list[Page] = Field(min_length=1)

    @model_validator(mode="after")
    def _identified_by_something(self) -> JourneySpec:
        if ("identify" in self.entrances) != bool(self.identify_by):
            raise ValueError(
                "identify_by names the numbers of the entrance « identify »: give both or neither"
            )
        return self

    @property
    def lifetime_when_asked(self) -> timedelta | Literal["end-of-day"]:
        """Of a link somebody asked for."""
        return self.link_lifetime if self.asked_link_lifetime is None else self.asked_link_lifetime

    @property
    def steps(self) -> list[str]:
        """Every step, in order."""
        return [step for page in self.pages for step in page.steps]


class Notice(_Strict):
    """What people are told where data about them is asked for (GDPR art. 13); each text by language."""

    purpose: dict[str, str] = Field(min_length=1)
    basis: dict[str, str] = Field(min_length=1)
    """Legal basis."""
    retention: dict[str, str] = Field(min_length=1)

    def told(self, language: str) -> dict[str, str]:
        """The notice in that language, else in the first one written."""
        texts = {"purpose": self.purpose, "basis": self.basis, "retention": self.retention}
        return {name: text.get(language) or next(iter(text.values())) for name, text in texts.items()}


class Privacy(_Strict):
    """Who answers for personal data, and what each step says of what it collects."""

    contact: str
    """Address of the data protection officer."""
    notices: dict[str, Notice] = {}
    """By step; a step that collects data is refused without one."""


class UniversityProfile(_Strict):
    """Everything particular to one university."""

    name: str
    establishment: str
    """UAI code of the establishment, written ``{UAI}…`` in ``supannEtablissement``."""
    domain: str
    """Scope of ``eduPersonPrincipalName``: ``uid@domain``."""
    languages: list[str] = Field(["fr", "en"], min_length=1)
    mail_domains: dict[str, str]
    """Domain of the university mail by population."""
    branding: Branding
    privacy: Privacy
    password_policy: PasswordPolicy
    charter: Charter
    texts: dict[str, dict[str, str]] = {}
    """By language: words of ours, as the French sources have them → what this university says instead
    (:mod:`kc_bridge.texts`)."""
    consultation: bool = False
    """Whether people may look up their identifier and enrolments by student number and birth date."""
    recovery: Literal["off", "link", "link-and-question"] = "link"
    """How a lost password is replaced: by a link to the backup mail, and the security question in addition."""
    steps: dict[str, dict[str, Any]] = {}
    """Options of each step for the whole university; a page of a journey may say otherwise."""
    steps_alone: list[str] = []
    """Steps people may do again by themselves, besides those of their journey."""
    lifecycle: Lifecycle = Lifecycle()
    """When accounts open, close and go."""
    drift: Drift = Drift()
    """What becomes of users somebody changed in Keycloak."""
    journeys: list[JourneySpec] = Field(min_length=1)
    matching: tuple[MatchingRule, ...] = USUAL_RULES
    """When records of two sources speak of one human; the first rule that applies decides."""

    def notice(self, about: str) -> Notice:
        """What people are told where ``about`` (a step, or the entrance ``identify``) collects data.

        Raises :class:`ConfigurationError`: nobody is asked for data without a word on what it is for.
        """
        found = self.privacy.notices.get(about)
        if found is None:
            raise ConfigurationError(
                f"University profile « {self.name} »: « {about} » collects data and says nothing about it.",
                f"Write [privacy.notices.{about}]: purpose, basis and retention (GDPR art. 13).",
            )
        return found

    def is_own_address(self, address: str) -> bool:
        """True for a mail address of the university itself, which nobody can read before their account works."""
        domain = address.rpartition("@")[2].lower().rstrip(".")
        own = {self.domain.lower(), *(name.lower() for name in self.mail_domains.values())}
        return any(domain == name or domain.endswith("." + name) for name in own)

    def options(self, step: str, page: Page) -> dict[str, Any]:
        """Options of a step on a page, as written; the step itself checks them."""
        return {**self.steps.get(step, {}), **page.options.get(step, {})}

    @property
    def identify_by(self) -> list[NumberKind]:
        """Kinds of number people may identify themselves by, of all journeys; none: no journey is entered so."""
        return list(dict.fromkeys(kind for journey in self.journeys for kind in journey.identify_by))

    @property
    def asked_by_identifier(self) -> list[JourneySpec]:
        """Journeys whose people may have a link mailed again by typing their identifier (« Problème de connexion »)."""
        return [journey for journey in self.journeys if "identifier" in journey.entrances]

    @property
    def mails_links(self) -> bool:
        """Whether some journey begins with a mailed link; else people are told of no mail."""
        return any("mail-link" in journey.entrances for journey in self.journeys)

    def journey_for(self, population: str) -> JourneySpec:
        """The journey of a population; the first one for populations no journey names."""
        return next((j for j in self.journeys if population in j.populations), self.journeys[0])

    def journey(self, name: str) -> JourneySpec | None:
        """The journey of that name."""
        return next((j for j in self.journeys if j.name == name), None)


def load_profile(name: str) -> UniversityProfile:
    """Reads a shipped profile by name, one a plug-in brings by its own, or a TOML file by path.

    Raises :class:`ConfigurationError` naming the file and every wrong field. What its fields say together is for
    :mod:`required_actions.profile_check`.
    """
    brought = plugins.load(plugins.PROFILES) if name in plugins.named(plugins.PROFILES) else {}
    package = brought[name].__name__ if name in brought else SHIPPED
    names = ", ".join(["default", "um", "uphf", *plugins.named(plugins.PROFILES)])
    return load_toml(UniversityProfile, name, package, "university profile", names)
