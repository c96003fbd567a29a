"""Whatever is typed for one identifier comes to one."""

import pytest

from kc_bridge.domain.login import as_typed, meant_by

DOMAINS = ["etu.univ.fr", "univ.fr", "univ.fr"]


@pytest.mark.parametrize(
    "typed",
    [
        "camille.oconnor@etu.univ.fr",
        " Camille.OConnor@ETU.univ.fr ",
        "camille . oconnor @ etu.univ.fr",
        "camille.oconnor\u200b@etu.univ.fr",
        "camille.oconnor＠etu.univ.fr",
    ],
)
def test_one_form(typed: str) -> None:
    assert as_typed(typed) == "camille.oconnor@etu.univ.fr"


def test_without_the_domain_it_may_stand_for_one_account_in_each() -> None:
    assert meant_by("jean.dupont", DOMAINS) == [
        "jean.dupont",
        "jean.dupont@etu.univ.fr",
        "jean.dupont@univ.fr",
    ]


def test_with_a_domain_it_means_that_one() -> None:
    assert meant_by("jean.dupont@univ.fr", DOMAINS) == ["jean.dupont@univ.fr"]
