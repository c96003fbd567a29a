"""Directories by LDAP version 3; the only importer of ``ldap3``."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any, TypeVar
from urllib.parse import urlsplit

import ldap3
import structlog
from ldap3.core import exceptions as raised
from ldap3.core.results import RESULT_SUCCESS

from kc_bridge.adapters.ldap_errors import ours, said
from kc_bridge.channels.settings import LdapServer
from kc_bridge.ldap_ports import LdapChange, LdapEntry, LdapMisconfigured, LdapUnavailable, Scope

__all__ = ["LdapDirectory"]

log = structlog.get_logger()
T = TypeVar("T")

SCOPES = {"base": ldap3.BASE, "one": ldap3.LEVEL, "subtree": ldap3.SUBTREE}
PAGED_RESULTS = "1.2.840.113556.1.4.319"


class LdapDirectory:
    """One directory over one connection, opened when first needed and again after a failure; for one thread."""

    def __init__(self, server: LdapServer) -> None:
        self._server = server
        self._name = urlsplit(server.url).netloc
        self._tls = _Tls(server) if server.protected else None
        self._connection: Any = None

    def __enter__(self) -> LdapDirectory:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Says goodbye; asking again opens another connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(raised.LDAPException, OSError):
                connection.unbind()

    def search(
        self, base: str, filter_: str, attributes: Sequence[str], scope: Scope = "subtree", page: int = 500
    ) -> Iterator[list[LdapEntry]]:
        """See :meth:`kc_bridge.ldap_ports.LdapReader.search`."""
        cookie: bytes | None = None
        elsewhere = 0
        while True:
            found, result = self._asked(lambda: self._page(base, filter_, attributes, scope, page, cookie))  # noqa: B023
            entries = [_entry(item) for item in found if item["type"] == "searchResEntry"]
            elsewhere += sum(item["type"] == "searchResRef" for item in found)
            yield entries
            cookie = result.get("controls", {}).get(PAGED_RESULTS, {}).get("value", {}).get("cookie")
            if not cookie:
                break
        if elsewhere:
            log.warning("part of the directory is on other servers", server=self._name, referrals=elsewhere)

    def modify(self, dn: str, changes: Sequence[LdapChange]) -> None:
        """See :meth:`kc_bridge.ldap_ports.LdapWriter.modify`."""
        wanted = {
            change.attribute: [
                *([(ldap3.MODIFY_DELETE, list(change.delete))] if change.delete else []),
                *([(ldap3.MODIFY_ADD, list(change.add))] if change.add else []),
            ]
            for change in changes
        }
        self._asked(lambda: self._change(dn, wanted), writing=True)

    def _change(self, dn: str, wanted: dict[str, list[tuple[str, list[str]]]]) -> None:
        connection = self._open()
        connection.modify(dn, wanted)
        _succeeded(connection)

    def _page(
        self,
        base: str,
        filter_: str,
        attributes: Sequence[str],
        scope: Scope,
        page: int,
        cookie: bytes | None,
    ) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        if cookie and self._connection is None:  # a cookie is worth nothing on another connection
            raise LdapUnavailable(f"{self._name}: the connection was closed while it was read")
        connection = self._open()
        connection.search(
            base,
            filter_,
            SCOPES[scope],
            dereference_aliases=ldap3.DEREF_NEVER,
            attributes=list(attributes),
            paged_size=page,
            paged_cookie=cookie,
        )
        return connection.response, _succeeded(connection)

    def _open(self) -> Any:
        if self._connection is None:
            self._connection = self._connect()
        return self._connection

    def _connect(self) -> Any:
        settings, seconds = self._server, int(self._server.timeout.total_seconds())
        # Neither the schema nor the root entry: it costs a second, and may not be ours to read.
        server = ldap3.Server(settings.url, connect_timeout=seconds, get_info=ldap3.NONE, tls=self._tls)
        connection = ldap3.Connection(
            server,
            user=settings.bind_dn,
            password=self._password(),
            auto_referrals=False,
            auto_escape=False,
            check_names=False,
            raise_exceptions=True,
            receive_timeout=seconds,
            return_empty_attributes=False,
        )
        try:
            connection.open(read_server_info=False)
            if settings.start_tls and settings.url.startswith("ldap:"):
                self._start_tls(connection)
            connection.bind(read_server_info=False)
        except BaseException:
            connection.strategy.close()
            raise
        return connection

    def _start_tls(self, connection: Any) -> None:
        try:
            connection.start_tls(read_server_info=False)
        except raised.LDAPOperationResult as error:
            raise LdapMisconfigured(
                f"{self._name} does not offer TLS on this port ({said(error)}).",
                "Use ldaps://, or have StartTLS switched on there.",
            ) from None

    def _password(self) -> str | None:
        path = self._server.password_file
        if path is None:
            return None
        try:
            password = path.read_text("utf-8").rstrip("\r\n")
        except (OSError, UnicodeError) as error:
            raise LdapMisconfigured(
                f"The password for {self._name} cannot be read: {type(error).__name__}.",
                f"Check that {path} exists and may be read.",
            ) from None
        if not password:  # a bind without a password succeeds as nobody (RFC 4513 5.1.2)
            raise LdapMisconfigured(f"{path} is empty.", "Write the password of bind_dn into it.")
        return password

    def _asked(self, ask: Callable[[], T], *, writing: bool = False) -> T:
        """Asks, and makes an error of ours of ldap3's; the connection is given up when nobody knows how it is."""
        try:
            return ask()
        except (LdapUnavailable, LdapMisconfigured):
            raise
        except (raised.LDAPException, OSError) as error:
            refused = isinstance(error, raised.LDAPOperationResult) and self._connection is not None
            if not refused:
                self.close()
            refusal = self._tls.refused if self._tls else None
            raise ours(error, self._name, certificate=refusal, writing=writing) from None


class _Tls(ldap3.Tls):
    """TLS as Python's own library checks it: chain, dates, and the name or address the server was asked under."""

    def __init__(self, server: LdapServer) -> None:
        super().__init__()
        self.refused: str | None = None
        """Why the last certificate was."""
        try:
            self._context = ssl.create_default_context(cafile=server.ca_file)
        except OSError as error:  # ssl.SSLError is one
            raise LdapMisconfigured(
                f"The authorities' certificates cannot be read: {type(error).__name__}.",
                f"Check that {server.ca_file} exists, may be read, and holds certificates in PEM.",
            ) from None
        if not server.verify_certificate:
            self._context.check_hostname = False
            self._context.verify_mode = ssl.CERT_NONE

    def wrap_socket(self, connection: Any, do_handshake: bool = False) -> None:  # noqa: ARG002
        self.refused = None
        try:
            connection.socket = self._context.wrap_socket(
                connection.socket, server_hostname=connection.server.host
            )
        except ssl.SSLCertVerificationError as error:
            self.refused = error.verify_message
            raise


def _succeeded(connection: Any) -> dict[str, Any]:
    """What was answered. ldap3 keeps quiet about a size limit or a referral: half a directory would pass for the whole
    of it, a change that nobody made for one that was."""
    result: dict[str, Any] = connection.result
    if result["result"] != RESULT_SUCCESS:
        raise raised.LDAPOperationResult(
            result=result["result"], description=result["description"], response_type=result["type"]
        )
    return result


def _entry(item: dict[str, Any]) -> LdapEntry:
    attributes = {
        name.lower(): tuple(value.decode("utf-8", "surrogateescape") for value in values)
        for name, values in item["raw_attributes"].items()
    }
    return LdapEntry(item["dn"], attributes)
