"""Private keys of the clients: numbered files, two at most, readable by their owner only."""

import stat
from pathlib import Path

import pytest
from joserfc.jwk import RSAKey

from kc_bridge.domain.errors import ConfigurationError
from kc_bridge.realm import keys


@pytest.fixture(autouse=True)
def small_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "BITS", 2048)


def test_newest_signs_and_only_two_remain(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    made = [keys.new_key() for _ in range(3)]
    for key in made:
        keys.save_key(folder, "web", key)
    assert [path.name for path in keys.key_files(folder, "web")] == ["web-3.pem", "web-2.pem"]
    assert keys.load_signing_key(folder, "web").kid == made[2].kid
    assert [key.kid for key in keys.signing_keys(folder, "web")] == [made[2].kid, made[1].kid]


def test_the_tenth_is_newer_than_the_ninth(tmp_path: Path) -> None:
    key = keys.new_key()
    for number in (9, 10):
        (tmp_path / f"web-{number}.pem").write_bytes(key.as_pem(private=True))
    assert keys.save_key(tmp_path, "web", key).name == "web-11.pem"


def test_files_are_for_their_owner_only(tmp_path: Path) -> None:
    path = keys.save_key(tmp_path / "keys", "web", keys.new_key())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [p.name for p in path.parent.iterdir()] == ["web-1.pem"]


def test_kid_is_the_thumbprint_and_no_private_part_leaves(tmp_path: Path) -> None:
    key = keys.new_key()
    (public,) = keys.public_jwks([key])["keys"]
    assert public["kid"] == RSAKey.import_key({k: public[k] for k in ("kty", "n", "e")}).thumbprint()
    assert set(public) == {"kty", "n", "e", "kid", "use", "alg"}


def test_another_clients_key_is_never_taken(tmp_path: Path) -> None:
    keys.save_key(tmp_path, "kc-bridge-web-2", keys.new_key())
    with pytest.raises(ConfigurationError, match="kcb setup"):
        keys.load_signing_key(tmp_path, "kc-bridge-web")


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "web-1.pem").write_text("not a key")
    with pytest.raises(ConfigurationError, match=r"web-1\.pem"):
        keys.load_signing_key(tmp_path, "web")


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("a file stands where the folder should be")
    with pytest.raises(ConfigurationError, match="keys") as refusal:
        keys.save_key(tmp_path / "keys", "web", keys.new_key())
    assert "keys_dir" in refusal.value.remedy
