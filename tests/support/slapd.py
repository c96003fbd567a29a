"""An OpenLDAP directory of the tests' own: own folder, own port, an ordinary account, never the system's service."""

from __future__ import annotations

import base64
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.support.certificates import Authority
from tests.support.ports import free_port

__all__ = ["BASE", "PEOPLE", "SERVICE", "SERVICE_PASSWORD", "SUPANN", "Slapd"]

BASE = "dc=univ-demo,dc=fr"
PEOPLE = f"ou=people,{BASE}"
SERVICE = f"cn=keycloak,{BASE}"
"""Binds as Keycloak does: writes everywhere, and is held to the password policy, which the root account is not."""
SERVICE_PASSWORD = "service-1234"
POLICY = f"cn=policy,{BASE}"

PROGRAM = "/usr/sbin/slapd"
SYSTEM_USER = "openldap"
"""Debian's package brings this account; nothing here runs as root."""
SCHEMAS = ("core", "cosine", "inetorgperson")
SUPANN = Path(__file__).parent / "supann.schema"

CONFIGURATION = """
{schemas}
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload ppolicy
pidfile {folder}/slapd.pid
sizelimit unlimited
{tls}
database mdb
maxsize 67108864
suffix "{base}"
rootdn "cn=root,{base}"
directory {folder}/data
dbnosync
{limits}
overlay ppolicy
ppolicy_default "{policy}"
access to attrs=userPassword by dn.exact="{service}" write by self write by anonymous auth
access to * by dn.exact="{service}" write by users read
"""

CONTENT = """
dn: {base}
objectClass: domain
dc: univ-demo

dn: {service}
objectClass: applicationProcess
objectClass: simpleSecurityObject
cn: keycloak
userPassword: {password}

dn: {people}
objectClass: organizationalUnit
ou: people

dn: {policy}
objectClass: device
objectClass: pwdPolicy
cn: policy
pwdAttribute: userPassword
pwdCheckQuality: 2
pwdMinLength: {shortest}
"""


class Slapd:
    """One directory with a service account, a branch for people, and a policy: passwords of ``shortest`` characters.

    ``schemas``: files of schema (``.schema``) besides those of people that come with OpenLDAP. ``vouched_by``: the
    authority of its certificate for ``names``; then it speaks TLS on :attr:`tls_url`, and on :attr:`url` when asked to.
    ``most``: how many entries it gives at most, where not as many as there are.
    """

    def __init__(
        self,
        *,
        shortest: int = 8,
        schemas: Iterable[Path] = (),
        vouched_by: Authority | None = None,
        names: tuple[str, ...] = ("localhost", "127.0.0.1"),
        most: int | None = None,
    ) -> None:
        # Not pytest's folder: under root's home the server's own account could not reach it.
        self._folder = Path(tempfile.mkdtemp(prefix="kcb-slapd-"))
        self._port = free_port()
        self._tls_port = free_port() if vouched_by else None
        tls = ""
        if vouched_by:
            files = vouched_by.issue(self._folder, *names)
            tls = f"TLSCertificateFile {files.certificate}\nTLSCertificateKeyFile {files.key}"
        self._command: list[str] = []
        self._server: subprocess.Popen[bytes] | None = None
        parts = {"base": BASE, "service": SERVICE, "people": PEOPLE, "policy": POLICY, "folder": self._folder}
        included = [Path(f"/etc/ldap/schema/{name}.schema") for name in SCHEMAS] + list(schemas)
        text = CONFIGURATION.format(
            schemas="\n".join(f"include {file}" for file in included),
            limits=f"limits * size.soft={most} size.hard={most} size.prtotal={most}" if most else "",
            tls=tls,
            **parts,
        )
        (self._folder / "slapd.conf").write_text(text.lstrip(), "utf-8")
        self._content = CONTENT.format(password=SERVICE_PASSWORD, shortest=shortest, **parts)

    @property
    def url(self) -> str:
        return f"ldap://127.0.0.1:{self._port}"

    @property
    def tls_url(self) -> str:
        return f"ldaps://127.0.0.1:{self._tls_port}"

    def start(self) -> None:
        (self._folder / "data").mkdir()
        ordinary = ["-u", SYSTEM_USER, "-g", SYSTEM_USER] if os.geteuid() == 0 else []
        if ordinary:
            for path in (self._folder, *self._folder.iterdir()):
                shutil.chown(path, SYSTEM_USER, SYSTEM_USER)
        config = ["-f", str(self._folder / "slapd.conf")]
        as_ordinary = ["runuser", "-u", SYSTEM_USER, "--"] if ordinary else []
        # The content before the first start: the policy's own branch could not be written through it.
        subprocess.run(
            [*as_ordinary, PROGRAM, "-T", "add", *config], input=self._content, text=True, check=True, cwd="/"
        )
        urls = f"{self.url} {self.tls_url}" if self._tls_port else self.url
        self._command = [PROGRAM, *config, *ordinary, "-h", urls, "-d", "0"]
        self.resume()

    def resume(self) -> None:
        """Answers, on the same port as ever."""
        self._server = subprocess.Popen(self._command, cwd="/")
        self._wait()

    def pause(self) -> None:
        """Is down: connections are refused."""
        assert self._server is not None
        self._server.terminate()
        self._server.wait(60)

    def stop(self) -> None:
        self.pause()
        shutil.rmtree(self._folder, ignore_errors=True)

    def add_person(self, uid: str, password: str, **attributes: str) -> str:
        """Somebody in ``ou=people``; answers their DN."""
        values = {"uid": uid, "cn": f"Camille {uid}", "sn": "O'Connor", "givenName": "Camille"}
        values |= {"mail": f"{uid}@univ-demo.fr", "userPassword": password} | attributes
        values["objectClass"] = "inetOrgPerson"
        return self.add(f"uid={uid},{PEOPLE}", {name: [value] for name, value in values.items()})

    def add(self, dn: str, attributes: Mapping[str, Iterable[str | bytes]]) -> str:
        """An entry with these values; answers its DN."""
        return self._write("ldapadd", [_line("dn", dn), *_lines(attributes)])

    def change(self, dn: str, **attributes: Iterable[str | bytes]) -> None:
        """Gives each attribute these values and no others."""
        lines = [_line("dn", dn), "changetype: modify"]
        for name, values in attributes.items():
            lines += [f"replace: {name}", *_lines({name: values}), "-"]
        self._write("ldapmodify", lines)

    def values(self, dn: str, name: str) -> set[str]:
        """What an entry holds under one attribute."""
        program = (
            "ldapsearch",
            "-LLL",
            "-o",
            "ldif-wrap=no",
            "-b",
            dn,
            "-s",
            "base",
            "(objectClass=*)",
            name,
        )
        done = self._client(program, SERVICE, SERVICE_PASSWORD)
        assert done.returncode == 0, done.stderr
        found = [line.partition(": ") for line in done.stdout.splitlines() if ": " in line]
        plain = {value for key, _, value in found if key == name}
        return plain | {base64.b64decode(value).decode() for key, _, value in found if key == f"{name}:"}

    def _write(self, program: str, lines: list[str]) -> str:
        done = self._client((program,), SERVICE, SERVICE_PASSWORD, input="\n".join(lines) + "\n")
        assert done.returncode == 0, done.stderr
        return base64.b64decode(lines[0].removeprefix("dn:: ")).decode()

    def binds(self, dn: str, password: str) -> bool:
        """True when these words open the directory itself."""
        done = self._client(("ldapwhoami",), dn, password)
        assert done.returncode in (0, 49), done.stderr  # 49: invalid credentials
        return done.returncode == 0

    def _client(
        self, program: tuple[str, ...], dn: str, password: str, input: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        command = [program[0], "-x", "-H", self.url, "-D", dn, "-w", password, *program[1:]]
        return subprocess.run(command, input=input, capture_output=True, text=True, check=False)

    def _wait(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self._port)) == 0:
                    return
            assert self._server is not None
            assert self._server.poll() is None, "slapd has ended; run it by hand with -d 1"
            time.sleep(0.05)
        raise RuntimeError("slapd does not answer")


def _lines(attributes: Mapping[str, Iterable[str | bytes]]) -> list[str]:
    return [_line(name, value) for name, values in attributes.items() for value in values]


def _line(name: str, value: str | bytes) -> str:
    content = value.encode() if isinstance(value, str) else value
    return f"{name}:: {base64.b64encode(content).decode()}"
