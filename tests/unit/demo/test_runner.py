import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from filelock import FileLock

from kc_bridge.demo import commands
from kc_bridge.demo.layout import Ports
from kc_bridge.demo.runner import Demo, busy
from kc_bridge.domain.errors import ConfigurationError


@pytest.fixture(params=[(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")], ids=["IPv4", "IPv6"])
def taken(request: pytest.FixtureRequest) -> Iterator[int]:
    family, address = request.param
    with socket.socket(family) as server:
        server.bind((address, 0))
        server.listen()
        yield server.getsockname()[1]


def free_ports(**chosen: int) -> Ports:
    servers = [socket.create_server(("", 0)) for _ in range(6)]
    ports = [server.getsockname()[1] for server in servers]
    for server in servers:
        server.close()
    return Ports(**dict(zip(Ports().named(), ports, strict=True)) | chosen)


def test_a_busy_port_is_named_with_the_way_to_choose_another(tmp_path: Path, taken: int) -> None:
    ports = free_ports(mails=taken)
    assert busy(ports) == {"mails": taken}
    with pytest.raises(ConfigurationError) as refusal:
        Demo(ports, tmp_path / ".demo").run()
    assert f"{taken} (mails)" in str(refusal.value)
    assert "KCB_DEMO_MAILS_PORT=" in str(refusal.value)
    assert "make demo PORTS=" in str(refusal.value)


def test_a_second_demo_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    demo = Demo(free_ports(), tmp_path)
    with FileLock(tmp_path / "lock"), pytest.raises(ConfigurationError, match="running here already"):
        demo.run()


def test_ports_are_chosen_together_one_by_one_and_by_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen: list[Ports] = []
    profiles: list[str] = []

    class Recorder:
        def __init__(self, ports: Ports, folder: Path, profile: str) -> None:
            chosen.append(ports)
            profiles.append(profile)

        def run(self) -> None: ...

    monkeypatch.setattr(commands, "Demo", Recorder)
    monkeypatch.setattr(commands, "FOLDER", tmp_path)
    arguments = ["--ports", "18000", "--ent-port", "19000"]
    result = CliRunner().invoke(commands.demo, arguments, env={"KCB_DEMO_SMTP_PORT": "19025"})
    assert result.exit_code == 0, result.output
    assert chosen == [Ports(18000, 18001, 19000, 18003, 19025, 18005)]
    assert profiles == ["default"]


def test_a_profile_by_path_is_found_from_wherever_the_parts_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    profiles: list[str] = []

    class Recorder:
        def __init__(self, ports: Ports, folder: Path, profile: str) -> None:
            profiles.append(profile)

        def run(self) -> None: ...

    monkeypatch.setattr(commands, "Demo", Recorder)
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(commands.demo, ["--profile", "ours.toml"]).exit_code == 0
    assert profiles == [str(tmp_path / "ours.toml")]
