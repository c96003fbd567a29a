"""Private keys the bridge's clients sign with: ``<client>-<n>.pem`` files, at most two of each during a rotation.

Clients authenticate by ``private_key_jwt`` (RFC 7523), so no secret is shared with Keycloak, which knows public keys only.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from joserfc.jwk import KeyParameters, RSAKey

from kc_bridge.domain.errors import ConfigurationError

__all__ = ["KEPT", "key_files", "load_signing_key", "new_key", "public_jwks", "save_key", "signing_keys"]

BITS = 3072
"""ANSSI's recommendation for keys used beyond 2030 (« Guide des mécanismes cryptographiques », RSA)."""
KEPT = 2
"""The newest signs; the one before stays valid for processes that still hold it."""
PARAMETERS: KeyParameters = {"use": "sig", "alg": "RS256"}


def key_files(keys_dir: Path, client_id: str) -> list[Path]:
    """The client's key files, newest (highest number) first."""
    name = re.compile(rf"{re.escape(client_id)}-(\d+)\.pem")
    numbered = [(int(m[1]), path) for path in keys_dir.glob("*.pem") if (m := name.fullmatch(path.name))]
    return [path for _, path in sorted(numbered, reverse=True)]


def signing_keys(keys_dir: Path, client_id: str) -> list[RSAKey]:
    """The client's private keys, newest first; each ``kid`` is its RFC 7638 thumbprint.

    Raises :class:`ConfigurationError` naming the file that cannot be read.
    """
    return [_read(path) for path in key_files(keys_dir, client_id)]


def load_signing_key(keys_dir: Path, client_id: str) -> RSAKey:
    """The key the client signs with now. Raises :class:`ConfigurationError` when there is none."""
    files = key_files(keys_dir, client_id)
    if not files:
        raise ConfigurationError(
            f"There is no private key of {client_id} in {keys_dir}.", "Run: kcb setup (or correct keys_dir)."
        )
    return _read(files[0])


def new_key() -> RSAKey:
    """A key pair of :data:`BITS` bits, not yet stored."""
    return _with_kid(RSAKey.generate_key(BITS, PARAMETERS, private=True))


def save_key(keys_dir: Path, client_id: str, key: RSAKey) -> Path:
    """Stores ``key`` as the client's newest, readable by its owner only, and removes what exceeds :data:`KEPT`.

    Raises :class:`ConfigurationError` when the folder cannot be written.
    """
    try:
        return _store(keys_dir, client_id, key)
    except OSError as error:
        raise ConfigurationError(
            f"The private key of {client_id} cannot be stored: {error}", "Correct keys_dir, or its owner."
        ) from error


def public_jwks(keys: Iterable[RSAKey]) -> dict[str, list[dict[str, Any]]]:
    """The JWK set Keycloak gets: public parts only."""
    return {"keys": [dict(sorted(key.as_dict(private=False).items())) for key in keys]}


def _store(keys_dir: Path, client_id: str, key: RSAKey) -> Path:
    keys_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    files = key_files(keys_dir, client_id)
    number = int(files[0].stem.rpartition("-")[2]) + 1 if files else 1
    path = keys_dir / f"{client_id}-{number}.pem"
    # Written beside and renamed: another process never reads half a key.
    draft = keys_dir / f".{path.name}.{os.getpid()}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key.as_pem(private=True))
    draft.rename(path)
    for superseded in key_files(keys_dir, client_id)[KEPT:]:
        superseded.unlink()
    return path


def _read(path: Path) -> RSAKey:
    try:
        return _with_kid(RSAKey.import_key(path.read_bytes(), PARAMETERS))
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"The private key {path} cannot be used: {error}",
            "Give the bridge's account the right to read it, or make a new one: kcb keys rotate.",
        ) from error


def _with_kid(key: RSAKey) -> RSAKey:
    key.ensure_kid()
    return key
