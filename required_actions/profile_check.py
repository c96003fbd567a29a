"""Every fault of a profile at once: before the bridge starts, before ``kcb setup`` writes, and when somebody asks."""

from __future__ import annotations

from collections.abc import Iterator

from kc_bridge import texts
from kc_bridge.domain import profile_sense
from kc_bridge.domain.fault import Fault, WrongFile, there_is_no
from kc_bridge.domain.profile import UniversityProfile, load_profile
from required_actions import consulting, identifying, problem, registry

__all__ = ["checked", "faults", "in_short"]


def checked(name: str) -> UniversityProfile:
    """The profile of that name or path. Raises :class:`ConfigurationError` naming all its faults."""
    registry.load_steps()
    try:
        profile = load_profile(name)
        wrong: list[Fault] = []
    except WrongFile as error:
        profile, wrong = error.rest, error.faults
    if profile is not None:
        wrong = wrong + faults(profile)
    if wrong:
        raise WrongFile.saying(
            f"University profile « {name} »",
            wrong,
            f"Correct them (docs/profiles.md explains each key); then run: kcb profile check {name}",
        )
    return profile


def faults(profile: UniversityProfile) -> list[Fault]:
    """What is wrong in a profile whose every field is well written; the steps must be loaded."""
    return [
        *profile_sense.faults(profile),
        *registry.faults(profile),
        *_notices(profile),
        *texts.faults(profile),
    ]


def in_short(profile: UniversityProfile) -> str:
    """« 3 journeys, 9 steps »."""
    steps = {step for journey in profile.journeys for step in journey.steps} | set(profile.steps_alone)
    counted = ((len(profile.journeys), "journey"), (len(steps), "step"))
    return ", ".join(f"{count} {thing}{'s' if count != 1 else ''}" for count, thing in counted)


def _notices(profile: UniversityProfile) -> Iterator[Fault]:
    """Nobody is asked for data without a word on what it is for."""
    reasons: dict[str, list[str]] = {}
    for part in (registry, identifying, problem, consulting):
        for about, reason in part.notices(profile).items():
            reasons.setdefault(about, []).append(reason)
    written = profile.privacy.notices
    for about, why in reasons.items():
        if about not in written:
            told = f"it is missing: personal data is asked for by {', '.join(dict.fromkeys(why))}."
            remedy = "Write this table: purpose, basis and retention (GDPR art. 13)."
            yield Fault(f"privacy.notices.{about}", told, remedy)
    known = {*registry.names(), identifying.NOTICE}
    for about in written:
        if about not in known:
            yield there_is_no("step", about, known, f"privacy.notices.{about}")
