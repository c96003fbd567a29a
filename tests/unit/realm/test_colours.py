"""The university's colours on their way to Keycloak: what the theme reads is what setup writes."""

from __future__ import annotations

import re
from pathlib import Path

from kc_bridge.domain.profile import load_profile
from kc_bridge.realm.colours import colour_attributes, colour_texts

THEME = Path(__file__).parents[3] / "theme" / "kc-bridge"


def test_the_login_pages_take_every_token_as_written() -> None:
    footer = (THEME / "login/footer.ftl").read_text(encoding="utf-8")
    accepted = re.search(r"token\?matches\('(.+)'\)", footer)
    assert accepted
    for attribute, tokens in colour_attributes("#FFD100").items():
        assert f'attribute="{attribute}"' in footer
        assert [token for token in tokens.split() if not re.fullmatch(accepted[1], token)] == []
        assert "action:#" in tokens


def test_the_mails_ask_for_exactly_these_texts() -> None:
    template = (THEME / "email/html/template.ftl").read_text(encoding="utf-8")
    texts = colour_texts(load_profile("default"))
    assert texts.keys() == set(re.findall(r"colour\('(\w+)'", template))
    assert all(re.fullmatch("#[0-9a-f]{6}", by_language["en"]) for by_language in texts.values())
