"""The attributes kc-bridge gives a user, in the groups under which the console shows them.

Numbers people are identified by (INE, student number) and birth dates are not among them: Keycloak has no use for them,
and what it does not hold no application can be given.
"""

from __future__ import annotations

from dataclasses import dataclass

from kc_bridge.realm.words import ByLanguage

__all__ = ["ATTRIBUTES", "CHOICES", "GROUPS", "Attribute", "Group"]


@dataclass(frozen=True)
class Attribute:
    """One attribute of a user. Only administrators change it, unless it is the person's own choice."""

    name: str
    fr: str
    en: str
    visible: bool = True
    """Whether people see their own in the account console; nobody sees another's."""
    multivalued: bool = False
    own_choice: bool = False
    """Whether people may change it themselves."""
    date: bool = False

    @property
    def label(self) -> ByLanguage:
        return {"fr": self.fr, "en": self.en}


@dataclass(frozen=True, eq=False)
class Group:
    """Attributes shown together."""

    name: str
    header: ByLanguage
    description: ByLanguage
    """Where the values come from: what an administrator must know before changing one."""


IDENTITY = Group(
    "kcb-identity",
    {"fr": "Identité universitaire", "en": "University identity"},
    {
        "fr": "Vient de la scolarité ou des ressources humaines : c’est là qu’une erreur se corrige. La synchronisation"
        " peut remplacer ce qui est changé ici.",
        "en": "From the registrar or human resources: a mistake is corrected there. The synchronisation may replace"
        " what is changed here.",
    },
)
ACCOUNT = Group(
    "kcb-account",
    {"fr": "Vie du compte", "en": "Life of the account"},
    {
        "fr": "Calculé d’après les inscriptions et les contrats. La synchronisation peut remplacer ce qui est changé"
        " ici.",
        "en": "Worked out from enrolments and contracts. The synchronisation may replace what is changed here.",
    },
)
CONTACT = Group(
    "kcb-contact",
    {"fr": "Contact et courrier", "en": "Contact and mail"},
    {
        "fr": "Ce que la personne a indiqué elle-même à l’activation. Pour le lui redemander, assignez-lui l’étape.",
        "en": "What the person gave at activation. To ask them again, assign them the step.",
    },
)
CHOICES = Group(
    "kcb-choices",
    {"fr": "Choix de la personne", "en": "The person’s choices"},
    {
        "fr": "Consentements et préférences : ne les changez pas à la place de la personne, assignez-lui l’étape.",
        "en": "Consents and preferences: do not change them in the person’s place, assign them the step.",
    },
)
TECHNICAL = Group(
    "kcb-technical",
    {"fr": "Technique (kc-bridge)", "en": "Technical (kc-bridge)"},
    {
        "fr": "Écrit et lu par kc-bridge seul : n’y touchez pas.",
        "en": "Written and read by kc-bridge alone: leave it as it is.",
    },
)

GROUPS = (IDENTITY, ACCOUNT, CONTACT, CHOICES, TECHNICAL)

ATTRIBUTES: dict[Group, tuple[Attribute, ...]] = {
    IDENTITY: (
        Attribute("displayName", "Nom affiché", "Display name"),
        Attribute("uid", "Identifiant permanent (uid)", "Permanent identifier (uid)"),
        Attribute(
            "mailAlternateAddress", "Autres adresses du courrier", "Other mail addresses", multivalued=True
        ),
        Attribute("eduPersonPrincipalName", "Identifiant eduPerson", "eduPerson identifier"),
        Attribute("eduPersonPrimaryAffiliation", "Affiliation principale", "Primary affiliation"),
        Attribute("eduPersonAffiliation", "Affiliations", "Affiliations", multivalued=True),
        Attribute("supannEtablissement", "Établissement", "Establishment"),
    ),
    ACCOUNT: (
        Attribute("accountState", "État du compte", "State of the account"),
        Attribute("accountEnd", "Fin du compte", "End of the account", date=True),
    ),
    CONTACT: (
        Attribute("supannMailPrive", "Adresse de secours", "Backup address", multivalued=True),
        Attribute("supannTelephonePrive", "Téléphone personnel", "Personal telephone", multivalued=True),
        Attribute("mailForwardingAddress", "Redirection du courrier vers", "Mail is forwarded to"),
        Attribute("mailDeliveryOption", "Copie gardée dans la boîte", "Copy kept in the mailbox"),
    ),
    CHOICES: (
        Attribute("locale", "Langue", "Language", own_choice=True),
        Attribute("kcbSmsConsent", "Accord pour les SMS", "Consent to text messages"),
        Attribute("kcbPhotoUse", "Usage de la photo", "Use of the photograph"),
        Attribute("kcbDirectoryVisibility", "Présence dans l’annuaire", "Listed in the directory"),
        Attribute("kcbCharter", "Chartes acceptées", "Accepted policies", visible=False, multivalued=True),
    ),
    TECHNICAL: (
        Attribute("kcbKey", "Marque de kc-bridge", "Mark of kc-bridge", visible=False),
        Attribute("kcbDigest", "Empreinte de synchronisation", "Sync digest", visible=False),
        Attribute("kcbExtra", "Étapes d’extension", "Plug-in steps", visible=False, multivalued=True),
    ),
}
