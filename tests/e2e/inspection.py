"""What every page must hold: no sideways scrolling, targets a thumb hits, one language, and axe finds nothing."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, ViewportSize

if TYPE_CHECKING:
    from tests.e2e.visitor import Visitor

__all__ = ["SIZES", "axe_problems", "foreign_words", "inspect", "language_problems", "layout_problems"]

SCREENSHOTS = Path(__file__).parents[2] / ".test" / "screenshots"
SCRIPT = (Path(__file__).parent / "layout.js").read_text()

SIZES = {
    320: 640,  # the smallest phone; also a desktop of 1280 zoomed to 400 % (WCAG 1.4.10)
    360: 800,
    640: 360,  # a desktop of 1280 × 720 zoomed to 200 %; text alone is doubled besides (WCAG 1.4.4)
    768: 1024,
    1280: 800,
}
PHOTOGRAPHED = (320, 1280)

FRENCH = "le la les des une est et pour avec dans votre vous nous cette ce il du au aux être où qui que sur mot compte lien"
ENGLISH = (
    "the your you and with for from this that is are has was to of in on password username account help sign"
)
FOREIGN = {
    "fr": re.compile(rf"\b({'|'.join(ENGLISH.split())})\b", re.I),
    "en": re.compile(rf"\b({'|'.join(FRENCH.split())})\b", re.I),
}
NAMES = re.compile(r"Université de (Démonstration|Montpellier)|\S+@\S+|ENT démo|https?://\S+")
"""Proper names, which stay as they are in every language."""

AXE = Axe()
AXE_OPTIONS = {"resultTypes": ["violations"], "preload": False}  # nothing comes from elsewhere


def inspect(visitor: Visitor, name: str, known: frozenset[str] = frozenset()) -> list[str]:
    """Looks at the present page in every size and scheme, and keeps pictures of it."""
    page = visitor.page
    before = page.viewport_size
    problems = language_problems(page, visitor.language)
    for width, height in SIZES.items():
        page.set_viewport_size(ViewportSize(width=width, height=height))
        problems += [f"at {width}: {problem}" for problem in layout_problems(page)]
        if width in PHOTOGRAPHED:
            _photograph(page, f"{name}-{visitor.language}-{width}")
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    problems += [f"with large text: {problem}" for problem in layout_problems(page)]
    page.evaluate("document.documentElement.style.fontSize = ''")
    problems += [f"light, 1280: {problem}" for problem in axe_problems(page, known)]
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size(ViewportSize(width=320, height=640))
    problems += [f"dark, 320: {problem}" for problem in axe_problems(page, known)]
    if visitor.language == "en":
        _photograph(page, f"{name}-en-320-dark")
    page.emulate_media(color_scheme="light")
    if before:
        page.set_viewport_size(before)
    return problems


def layout_problems(page: Page) -> list[str]:
    """Sideways scrolling, things cut off, targets too small, no button where one is due."""
    found: list[str] = page.evaluate(SCRIPT)
    return found


def language_problems(page: Page, language: str) -> list[str]:
    """Words of the other language in what people see or hear."""
    declared, texts = page.evaluate(TEXTS)
    problems = [] if declared == language else [f"<html lang> is « {declared} »"]
    return problems + [
        f"« {word} » in « {text[:80]} »" for text in texts for word in foreign_words(text, language)
    ]


def foreign_words(text: str, language: str) -> list[str]:
    """Frequent words of the other language, proper names apart."""
    return FOREIGN[language].findall(NAMES.sub("", text))


def axe_problems(page: Page, known: frozenset[str] = frozenset()) -> list[str]:
    """What axe finds on the page, and of ``known`` (« rule selector ») what it does not find any more."""
    violations: list[dict[str, Any]] = AXE.run(page, options=AXE_OPTIONS).response["violations"]
    found = {
        f"{violation['id']} {node['target'][0]}": violation["help"]
        for violation in violations
        for node in violation["nodes"]
    }
    new = [f"axe {where}: {what}" for where, what in found.items() if where not in known]
    return new + [f"axe no longer finds {where}: strike it out" for where in sorted(known - set(found))]


def _photograph(page: Page, name: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True, animations="disabled")


TEXTS = """() => {
  // Text and spoken names, except where an element says that it is in another language.
  const language = document.documentElement.lang;
  const foreign = (element) => element.closest("[lang]")?.lang !== language;
  const shown = (element) => element.checkVisibility({ visibilityProperty: true });
  const texts = [document.title];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!element.closest("script, style, noscript") && shown(element) && !foreign(element)) {
      texts.push(walker.currentNode.textContent.trim());
    }
  }
  for (const element of document.querySelectorAll("[aria-label], [title], [alt], [placeholder]")) {
    for (const name of ["aria-label", "title", "alt", "placeholder"]) {
      if (!foreign(element)) texts.push(element.getAttribute(name) ?? "");
    }
  }
  return [language, texts.filter((text) => text)];
}"""
