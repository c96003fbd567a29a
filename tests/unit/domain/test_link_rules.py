"""What a mailed link is worth at a given moment."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest

from kc_bridge.domain.errors import LinkError, LinkExpired, LinkSuperseded, LinkUsed
from kc_bridge.domain.link import LinkFacts, check, new_token, token_digest

END = datetime(2026, 9, 8, 21, 59, tzinfo=UTC)


def facts(state: str = "new", generation: int = 3, person_generation: int = 3) -> LinkFacts:
    return LinkFacts(state, END, generation, person_generation)


def test_tokens_have_256_bits_and_differ() -> None:
    tokens = {new_token() for _ in range(50)}
    assert len(tokens) == 50
    assert {len(base64.urlsafe_b64decode(token + "=")) for token in tokens} == {32}


def test_the_digest_is_sha256() -> None:
    # FIPS 180-2, appendix B.1
    assert token_digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.mark.parametrize("state", ["new", "opened"])
def test_a_live_link_opens_until_its_very_end(state: str) -> None:
    check(facts(state), END - timedelta(microseconds=1))
    with pytest.raises(LinkExpired) as expired:
        check(facts(state), END)
    assert expired.value.expired_at == END


@pytest.mark.parametrize(
    ("link", "error"),
    [
        (facts("finished"), LinkUsed),
        (facts("superseded"), LinkSuperseded),
        (facts("new", generation=2), LinkSuperseded),
        (facts("opened", generation=2), LinkSuperseded),
        (facts("new", generation=4), LinkSuperseded),
    ],
)
@pytest.mark.parametrize("moment", [END - timedelta(hours=1), END + timedelta(hours=1)])
def test_what_ended_it_is_said_rather_than_its_age(
    link: LinkFacts, error: type[LinkError], moment: datetime
) -> None:
    with pytest.raises(error):
        check(link, moment)


def test_a_finished_link_stays_finished_under_a_later_generation() -> None:
    with pytest.raises(LinkUsed):
        check(facts("finished", generation=2, person_generation=3), END)
