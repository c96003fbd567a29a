"""Tab, space and enter do the whole journey, and it is always visible where they are."""

from __future__ import annotations

from collections.abc import Callable

from tests.e2e.visitor import Visitor
from tests.support.stack import GOOD_PASSWORD, Stack

NAME = """(element) =>
  (element.innerText || element.labels?.[0]?.innerText || element.ariaLabel || element.tagName)
    .trim().replaceAll("\\u00a0", " ")"""
FOCUS = f"""() => {{
  const element = document.activeElement;
  const style = getComputedStyle(element);
  const box = element.getBoundingClientRect();
  return {{
    name: ({NAME})(element),
    marked: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    inside: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
  }};
}}"""
LED = f"(name) => ({NAME})(document.activeElement).includes(name)"


def focused(visitor: Visitor) -> str:
    """Name of what has the focus; fails when nobody could see that it has."""
    visitor.page.wait_for_function("() => document.activeElement !== document.body")
    focus = visitor.page.evaluate(FOCUS)
    assert focus["marked"], f"no mark around {focus['name']} at {visitor.page.url}"
    assert focus["inside"], f"{focus['name']} has the focus outside the window at {visitor.page.url}"
    return str(focus["name"])


def led_to(visitor: Visitor, name: str) -> None:
    """Waits until the thing of that name has the focus, to which a link or a script led."""
    visitor.page.wait_for_function(LED, arg=name)
    focused(visitor)


def tab_to(visitor: Visitor, name: str) -> list[str]:
    """Presses Tab until the thing of that name has the focus; what was passed on the way."""
    passed: list[str] = []
    for _ in range(20):
        visitor.page.keyboard.press("Tab")
        passed.append(focused(visitor))
        if name in passed[-1]:
            return passed
    raise AssertionError(f"{name} is not reached: {passed}")


def press(visitor: Visitor, key: str, address: str) -> None:
    visitor.page.keyboard.press(key)
    visitor.page.wait_for_url(address)


def test_the_whole_journey(stack: Stack, visit: Callable[..., Visitor]) -> None:
    person = stack.person()
    visitor = visit(viewport=(1024, 640)).open(stack.mail_link(person))
    page, keyboard = visitor.page, visitor.page.keyboard

    tab_to(visitor, "Activer mon compte")
    press(visitor, "Enter", "**/activation/charter")

    tab_to(visitor, "Votre compte est personnel")
    keyboard.press("End")
    page.wait_for_function("() => document.querySelector('.document').scrollTop > 0")
    tab_to(visitor, "Suivant")
    with page.expect_navigation():
        keyboard.press("Enter")
    led_to(visitor, "Il y a 1 erreur")  # the errors are where reading starts
    tab_to(visitor, "Cochez la case")
    keyboard.press("Enter")
    led_to(visitor, "Je reconnais")  # an error leads to its field
    keyboard.press("Space")
    assert page.locator("#accept").is_checked()
    tab_to(visitor, "Suivant")
    press(visitor, "Enter", "**/activation/new-password")

    tab_to(visitor, "Nouveau mot de passe")
    keyboard.type("court")
    with page.expect_navigation():
        keyboard.press("Enter")
    led_to(visitor, "erreurs")
    tab_to(visitor, "Saisissez")
    keyboard.press("Enter")
    led_to(visitor, "Saisissez")
    with page.expect_navigation():
        keyboard.press("Enter")
    led_to(visitor, "erreurs")  # the second time too
    tab_to(visitor, "Nouveau mot de passe")
    keyboard.insert_text(GOOD_PASSWORD)
    tab_to(visitor, "Afficher le mot de passe")
    keyboard.press("Space")
    assert page.locator("#password").get_attribute("type") == "text"
    tab_to(visitor, "Saisissez-le une seconde fois")
    keyboard.insert_text(GOOD_PASSWORD)
    tab_to(visitor, "Suivant")
    press(visitor, "Enter", "**/activation/summary")
    tab_to(visitor, "Continuer vers ENT démo")
    press(visitor, "Enter", f"{stack.ent_url}/")
    visitor.sees("Bonjour Camille")

    tab_to(visitor, "Se déconnecter")
    with page.expect_navigation():
        keyboard.press("Enter")
    visitor.sees("L'application de démonstration")
    tab_to(visitor, "Se connecter")
    press(visitor, "Enter", "**/openid-connect/auth*")
    led_to(visitor, "Identifiant")
    keyboard.insert_text(person.login)
    tab_to(visitor, "Suivant")
    with page.expect_navigation():
        keyboard.press("Enter")
    led_to(visitor, "Mot de passe")
    keyboard.insert_text(GOOD_PASSWORD)
    tab_to(visitor, "Se connecter")
    press(visitor, "Enter", f"{stack.ent_url}/")
    visitor.sees("Bonjour Camille")


def test_the_skip_link_leads_past_the_header(stack: Stack, visit: Callable[..., Visitor]) -> None:
    visitor = visit().open(stack.mail_link(stack.person()))
    assert tab_to(visitor, "Aller au contenu") == ["Aller au contenu"]
    visitor.page.keyboard.press("Enter")
    assert tab_to(visitor, "Activer mon compte") == ["Activer mon compte"]


def test_the_order_of_tabs_is_the_order_of_reading(stack: Stack, visit: Callable[..., Visitor]) -> None:
    visitor = visit(viewport=(1024, 640)).to_password(stack.mail_link(stack.person()))
    passed = tab_to(visitor, "Besoin d'aide")
    assert [name.partition("\n")[0] for name in passed][-6:] == [
        "Nouveau mot de passe",
        "Afficher le mot de passe",
        "Saisissez-le une seconde fois",
        "Suivant",
        "Retour",
        "Besoin d'aide ?",
    ]
