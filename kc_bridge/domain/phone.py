"""Mobile numbers as people write them, in France, overseas and abroad → E.164, the one form kept and sent to."""

from __future__ import annotations

import re
from collections.abc import Iterator

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, PhoneNumberType

__all__ = ["Ambiguous", "NotANumber", "NotMobile", "PhoneRefused", "mobile", "readable"]

TERRITORIES = ("FR", "GP", "MQ", "GF", "RE", "YT", "PM", "BL", "MF", "NC", "PF", "WF")
"""Where a number without a country code may be from: the mainland, the departments, then the other territories."""

MOBILE = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})
"""The second kind because some countries (the United States) do not tell one from the other."""

MAINLAND_PREFIX = re.compile(r"^(?:\+|00)\s*33[\s.\-]*(?:\(0\)|0)?")
FICTION = re.compile(r"0?(63998[0-9]{4})")
"""Numbers the French regulator keeps for films: they ring nobody's phone, so demonstrations and tests use them."""


class PhoneRefused(ValueError):
    """A text that is no mobile number; subclasses say how."""


class NotANumber(PhoneRefused):
    """No telephone in the world has it."""


class NotMobile(PhoneRefused):
    """A number text messages do not reach: a fixed line, a premium service."""


class Ambiguous(PhoneRefused):
    """A number of six digits that exists in several territories: only the country code tells."""


def mobile(written: str) -> str:
    """The E.164 form of a mobile number.

    Numbers without a country code are read as the mainland's and as every overseas territory's: 0690… becomes +590,
    0692… +262. ``+33 690…``, as registers often write overseas numbers, is understood the same way.

    Raises a :class:`PhoneRefused`.
    """
    text = MAINLAND_PREFIX.sub("0", " ".join(written.split()), count=1)
    if any(character.isalpha() for character in text):
        raise NotANumber
    if fiction := FICTION.fullmatch(re.sub(r"[\s.\-/]", "", text)):
        return f"+33{fiction[1]}"
    numbers = {_e164(number): number for number in _readings(text)}
    mobiles = [form for form, number in numbers.items() if phonenumbers.number_type(number) in MOBILE]
    if not numbers:
        raise NotANumber
    if not mobiles:
        raise NotMobile
    if len(mobiles) > 1:
        raise Ambiguous
    return mobiles[0]


def readable(number: str) -> str:
    """« +33 6 12 34 56 78 »: a number in groups, as people check it; unchanged when it is no E.164 number."""
    try:
        return phonenumbers.format_number(phonenumbers.parse(number), PhoneNumberFormat.INTERNATIONAL)
    except NumberParseException:
        return number


def _readings(text: str) -> Iterator[PhoneNumber]:
    """The numbers that exist and that the text may mean."""
    for territory in TERRITORIES:
        try:
            number = phonenumbers.parse(text, territory)
        except NumberParseException:
            continue
        if phonenumbers.is_valid_number(number) and not number.extension:
            yield number


def _e164(number: PhoneNumber) -> str:
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)
