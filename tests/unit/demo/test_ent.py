import pytest
from flask.testing import FlaskClient

from kc_bridge.demo.ent import create_app


@pytest.fixture
def web() -> FlaskClient:
    return create_app("http://127.0.0.1:9/realms/none", "x" * 32).test_client()


@pytest.mark.parametrize(("language", "words"), [("fr", "Se connecter"), ("en", "Sign in")])
def test_a_visitor_is_offered_to_sign_in(web: FlaskClient, language: str, words: str) -> None:
    answer = web.get(f"/?lang={language}")
    assert words in answer.text
    assert web.get("/tokens.css").status_code == 200


@pytest.mark.parametrize(("language", "words"), [("fr", "Bonjour Camille"), ("en", "Hello Camille")])
def test_somebody_signed_in_is_greeted_with_what_the_token_said(
    web: FlaskClient, language: str, words: str
) -> None:
    with web.session_transaction() as session:
        session["user"] = {
            "preferred_username": "camille.o-connor@etu.univ-demo.fr",
            "given_name": "Camille",
            "eduPersonAffiliation": ["student", "member"],
            "accountEnd": "2027-12-31",
        }
    page = web.get(f"/?lang={language}").text
    assert words in page
    assert "student, member" in page
    assert "2027-12-31" in page


def test_keycloak_away_is_said_in_plain_words(web: FlaskClient) -> None:
    answer = web.get("/connexion")
    assert answer.status_code == 503
    assert "Keycloak ne répond pas" in answer.text


def test_a_refused_sign_in_offers_to_try_again(web: FlaskClient) -> None:
    answer = web.get("/retour?error=access_denied&state=x")
    assert answer.status_code == 400
    assert "access_denied" in answer.text
    assert 'href="/connexion"' in answer.text


def test_signing_out_ends_the_session_here_and_at_keycloak(web: FlaskClient) -> None:
    with web.session_transaction() as session:
        session["user"], session["id_token"] = {"preferred_username": "x"}, "jwt"
    answer = web.get("/deconnexion")
    assert answer.location.startswith("http://127.0.0.1:9/realms/none/protocol/openid-connect/logout?")
    assert "id_token_hint=jwt" in answer.location
    assert "Se connecter" in web.get("/").text
