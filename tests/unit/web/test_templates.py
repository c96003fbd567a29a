"""What a machine can check of the pages' texts and markup, over every template at once."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[3]
ENGLISH = ROOT / "kc_bridge" / "translations" / "en" / "LC_MESSAGES" / "messages.po"
PAGES = sorted(
    path
    for folder in ("kc_bridge/templates", "required_actions/templates")
    for path in (ROOT / folder).rglob("*.html")
    if not {"mails", "scolpass"}
    & set(path.parts)  # mail clients and a file to be printed know inline styles only
)
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}")
FORBIDDEN_BY_OUR_CSP = re.compile(
    r"<style|<script(?![^>]*\ssrc=)|\s(?:style|on[a-z]+)\s*=|javascript:", re.IGNORECASE
)


@pytest.fixture(scope="module")
def french(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """Every text of the code and templates, as the translators' tool extracts them."""
    target = tmp_path_factory.mktemp("babel") / "messages.pot"
    extract = ["extract", "-F", "babel.cfg", "-k", "_l", "-o", str(target), "."]
    subprocess.run([sys.executable, "-m", "babel.messages.frontend", "-q", *extract], cwd=ROOT, check=True)
    with target.open("rb") as file:
        return read_po(file)


@pytest.fixture(scope="module")
def english() -> Catalog:
    with ENGLISH.open("rb") as file:
        return read_po(file, locale="en")


def _texts(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string or ())


def _ids(message: Message) -> list[str]:
    return [message.id] if isinstance(message.id, str) else list(message.id)


def _untranslated(message: Message, catalog: Catalog) -> bool:
    found = catalog.get(message.id)
    return found is None or found.fuzzy or not all(_texts(found))


def test_every_french_text_has_its_english_one(french: Catalog, english: Catalog) -> None:
    missing = [message.id for message in french if message.id and _untranslated(message, english)]
    assert missing == []


def test_no_english_text_outlives_its_french_one(french: Catalog, english: Catalog) -> None:
    assert [message.id for message in english if message.id and french.get(message.id) is None] == []


def test_english_texts_keep_the_placeholders(english: Catalog) -> None:
    def placeholders(texts: list[str]) -> list[list[str]]:
        return [sorted(PLACEHOLDER.findall(text)) for text in texts]

    differing = [
        message.id
        for message in english
        if message.id and placeholders(_texts(message)) != placeholders(_ids(message))
    ]
    assert differing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_pages_hold_nothing_the_security_policy_would_block(page: Path) -> None:
    assert FORBIDDEN_BY_OUR_CSP.findall(page.read_text(encoding="utf-8")) == []
