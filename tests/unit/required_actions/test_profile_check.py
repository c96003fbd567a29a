"""Every fault of a profile at once, whoever asks: ``kcb profile check``, ``kcb setup``, ``kcb doctor`` and the start."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from kc_bridge import create_app
from kc_bridge.cli import cli
from kc_bridge.domain.errors import ConfigurationError
from kc_bridge.domain.fault import WrongFile
from kc_bridge.realm import commands
from kc_bridge.realm.doctor import CHECKS, examine
from kc_bridge.realm.finding import Installation
from kc_bridge.settings import Settings
from required_actions.profile_check import checked, in_short
from tests.support.plug_in import installed

ROOT = Path(__file__).parents[3]
BELLERIVE = ROOT / "docs" / "bellerive.toml"
STUDENT, STAFF = "journey « activation-etudiant »", "journey « activation-personnel »"


def written(folder: Path, *changes: tuple[str, str]) -> str:
    """The path of Bellerive's profile with these passages replaced."""
    text = BELLERIVE.read_text("utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path = folder / "own.toml"
    path.write_text(text, "utf-8")
    return str(path)


def said_of(name: str) -> list[str]:
    with pytest.raises(WrongFile) as refused:
        checked(name)
    assert all(fault.remedy for fault in refused.value.faults)
    return [str(fault) for fault in refused.value.faults]


@pytest.mark.parametrize(
    "name", ["default", "um", "uphf", BELLERIVE, *sorted((ROOT / "tests/support/profiles").glob("*.toml"))]
)
def test_what_we_ship_and_test_with_is_sound(name: str | Path) -> None:
    assert checked(str(name)).journeys


def test_a_plug_ins_step_is_a_step(tmp_path: Path) -> None:
    with installed(tmp_path):
        assert in_short(checked("example")) == "1 journey, 4 steps"


@pytest.mark.parametrize(
    ("old", "new", "place", "told"),
    [
        # -- steps and their options
        ('["directory_visibility"]', '["directory_visiblity"]', f"{STUDENT}, page 4", "directory_visibility, "),
        ("steps_alone = []", 'steps_alone = ["charte"]', "steps_alone", "one of: charter, "),
        ("[steps.photo_use]", "[steps.foto_use]", "steps.foto_use", "one of: photo_use, "),
        ("asked = false", "askd = false", "steps.photo_use", "no key « askd ».\n  → Write one of: asked."),
        ("asked = false", "asked = 3", "steps.photo_use.asked", "valid boolean"),
        ("asked = false", "asked = false\n[steps.security_question]\nowns = true", "steps.security_question", ": own"),
        ('["backup_mail"]', '["backup_mail"]\noptions.backup_mail.verfy = true',
         f"{STUDENT}, page 1, options.backup_mail", "one of: verify, "),
        ('["backup_mail"]', '["backup_mail"]\noptions.charter.show = "link"',
         f"{STUDENT}, page 1, options", "« charter » is not on this page"),
        ('rows = ["login"', 'rows = ["logn"', "steps.summary.rows", "« logn »"),
        # -- populations, journeys and pages
        ('populations = ["staff"]', 'populations = ["staff", "staf"]', f"{STAFF}, populations", "one of: staff, "),
        ('populations = ["staff"]', 'populations = ["staff", "guest"]', "journeys", "« guest » is in «"),
        ("[branding]", 'alumni = "bellerive.example"\n[branding]', "mail_domains.alumni", "has no journey"),
        ('"activation-invite"', '"activation-etudiant"', "journeys", "named « activation-etudiant »"),
        ('steps = ["mail_forwarding"]', 'steps = ["charter"]', f"{STUDENT}, page 3", "on page 2 already"),
        ('title = { fr = "Vous', 'percnt = 60\ntitle = { fr = "Vous', f"{STAFF}, page 3", "one of: percent, "),
        # -- lives of accounts
        ("early_days = { staff", "early_days = { staf", "lifecycle.early_days", "one of: staff, "),
        ("grace_days = { staff = 30", "grace_days = { staff = -1", "lifecycle.grace_days.staff", "or equal to 0"),
        ("purge_data_days = 365", "purge_data_days = 0", "lifecycle.purge_data_days", "or equal to 1"),
        ("purge_account_days = 730", "purge_account_days = 30", "lifecycle", "the account goes last"),
        ("purge_data_days", "purge_datas_days", "lifecycle", "one of: purge_data_days, "),
        # -- words
        ("[texts.en]", "[texts.de]", "texts", "no language « de »"),
        ('"Suivant" = "Continuer"', '"Suivnt" = "Continuer"', "texts.fr", "The nearest is « Suivant »"),
        ('"Suivant" = "Continuer"', '"Suivant" = "%(x)s"', "texts.fr", "names %(x)s"),
        # -- notices
        ("[privacy.notices.photo_use]", "[privacy.notices.photo]", "privacy.notices.photo_use", "« photo_use »"),
        ("[privacy.notices.photo_use]", "[privacy.notices.photo]", "privacy.notices.photo", "one of: photo_use, "),
        ("[privacy.notices.identify]", "[privacy.notices.summary]", "privacy.notices.identify",
         "the entrance « identify », the entrance « identifier », « consultation = true »"),
        # -- fields
        ('"PT48H"', '"48 hours"', f"{STUDENT}, link_lifetime", "Write PT48H, P7D or end-of-day"),
        ('"PT48H"', "48", f"{STUDENT}, link_lifetime", "Write PT48H, P7D or end-of-day"),
        ('"PT48H"', '"PT0S"', f"{STUDENT}, link_lifetime", "Write PT48H, P7D or end-of-day"),
        ('_lifetime = "end-of-day"', '_lifetime = "-P1D"', f"{STUDENT}, asked_link_lifetime", "PT48H"),
        ("#0b6e4f", "green", "branding.primary", "« green » is not understood.\n  → Write #rrggbb"),
        ('primary = "#0b6e4f"', 'primry = "#0b6e4f"', "branding", "« primry ».\n  → Write one of: primary, "),
        ('languages = ["fr", "en"]', "languages = []", "languages", "at least 1"),
        ("retention = { fr = \"Jusqu'à la", "retention = {}\nx = { fr = \"", "privacy.notices.backup_mail.retention", "at least 1"),
        ("length = 14", "length = 6", "password_policy.length", "greater than or equal to 8"),
        ("consultation = true", "consultaton = true", "top of the file", "one of: consultation, "),
        ('title = { fr = "Vous', 'title = { fr = 3, x = "Vous', f"{STAFF}, page 3, title.fr", "valid string"),
        ('steps = ["charter"]', "steps = []", f"{STUDENT}, page 2, steps", "at least 1"),
        ('name = "bellerive"', "", "name", "missing"),
    ],
)  # fmt: skip
def test_each_fault_is_named_with_its_place_and_remedy(
    tmp_path: Path, old: str, new: str, place: str, told: str
) -> None:
    found = said_of(written(tmp_path, (old, new)))
    assert [fault for fault in found if fault.startswith(f"{place}: ") and told in fault], found


FAULTS = [
    ("steps_alone = []", 'steps_alone = ["charte"]'),
    ("#0b6e4f", "green"),
    ('"Suivant" = "Continuer"', '"Suivnt" = "Continuer"'),
    ('"P7D"', '"a week"'),
    ("[privacy.notices.photo_use]", "[privacy.notices.sms]"),
]
PLACES = (
    "steps_alone: ",
    "branding.primary: ",
    "texts.fr: ",
    "link_lifetime: ",
    "privacy.notices.photo_use: ",
)


def test_wrong_fields_do_not_hide_the_rest(tmp_path: Path) -> None:
    """Of five faults, two are of form and three show only in a profile that could be read."""
    found = said_of(written(tmp_path, *FAULTS))
    assert len(found) == len(FAULTS) + 1  # and the notice nobody needs
    assert all(any(place in fault for fault in found) for place in PLACES)


def test_without_a_field_it_cannot_do_without_the_form_alone_is_told(tmp_path: Path) -> None:
    found = said_of(written(tmp_path, ('domain = "bellerive.example"', ""), *FAULTS))
    assert [fault.split(": ")[0] for fault in found] == [
        "domain", "branding.primary", "journey « activation-invite », link_lifetime",
    ]  # fmt: skip


# -- who asks


@pytest.fixture
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """``kcb.toml`` beside the profile, and a process started elsewhere."""
    (tmp_path / "kcb.toml").write_text(
        'profile = "own.toml"\ndatabase_url = "sqlite:////nowhere/at/all.db"\n'
    )
    monkeypatch.setenv("KCB_CONFIG", str(tmp_path / "kcb.toml"))
    monkeypatch.chdir("/")
    return tmp_path


def kcb(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


def test_a_sound_one(configured: Path) -> None:
    path = written(configured)
    for result in (kcb("profile", "check"), kcb("profile", "check", path)):
        assert (result.exit_code, result.output) == (0, f"{path} is sound: 3 journeys, 8 steps\n")
    assert kcb("profile", "check", "um").output == "um is sound: 2 journeys, 5 steps\n"


def test_one_with_faults(configured: Path) -> None:
    path = written(configured, *FAULTS)
    result = kcb("profile", "check")
    assert result.exit_code == 1
    message = str(result.exception)
    assert message.startswith(f"University profile « {path} »: 6 faults\n")
    assert all(place in message for place in PLACES)
    assert message.endswith(f"run: kcb profile check {path}")


def test_a_file_that_is_not_there_is_named_by_its_whole_path(configured: Path) -> None:
    error = kcb("profile", "check").exception
    assert isinstance(error, ConfigurationError)
    assert f"no file {configured / 'own.toml'}" in error.problem


@pytest.mark.parametrize(("content", "told"), [(b"name = b", "line 1"), (b'name = "\xe9"', "utf-8")])
def test_a_file_that_cannot_be_read(configured: Path, content: bytes, told: str) -> None:
    (configured / "own.toml").write_bytes(content)
    assert re.search(rf"own\.toml: .*{told}", str(kcb("profile", "check").exception))


@pytest.mark.parametrize("arguments", [(), ("--dry-run",), ("--profile", "own.toml")])
def test_setup_refuses_before_it_writes_or_asks_keycloak(
    configured: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    def never(*_arguments: Any) -> None:
        raise AssertionError("no administrator is needed to refuse a profile")

    monkeypatch.setattr(commands, "_admin", never)
    monkeypatch.chdir(configured)
    written(configured, *FAULTS)
    result = kcb("setup", *arguments, "--admin-user", "admin", "--admin-password", "secret")
    assert isinstance(result.exception, WrongFile)
    assert len(result.exception.faults) == 6
    assert sorted(path.name for path in configured.iterdir()) == ["kcb.toml", "own.toml"]


def test_the_doctor_has_a_check_of_its_own(tmp_path: Path) -> None:
    sound = CHECKS["profile"](Installation(Settings(profile="um"), None))
    assert (sound.level, sound.detail) == ("ok", "um: 2 journeys, 5 steps")
    settings = Settings(profile=written(tmp_path, *FAULTS), keycloak_public_url="http://localhost:9")
    found = dict(examine(Installation(settings, None)))["profile"]
    assert found.level == "fail"
    assert all(place in found.detail for place in PLACES)
    assert "kcb profile check" in found.remedy


def test_the_bridge_does_not_start_and_says_them_all(tmp_path: Path) -> None:
    with pytest.raises(WrongFile) as refused:
        create_app(Settings(profile=written(tmp_path, *FAULTS), database_url="sqlite:////nowhere/at/all.db"))
    assert len(refused.value.faults) == 6
