"""Units and DaemonSets made for node_exporter start unchanged."""

import pytest

from exporter import cli
from exporter.collectors import COLLECTORS, default_options
from exporter.host.flags import host_options
from exporter.peer_flags import COLLECTORS as ABSENT
from exporter.peer_flags import FORMER, SWITCHES, VALUES, warnings

KUBE_PROMETHEUS = [
    "--web.listen-address=127.0.0.1:9101",
    "--path.sysfs=/host/sys",
    "--path.rootfs=/host/root",
    "--path.procfs=/host/root/proc",
    "--path.udev.data=/host/root/run/udev/data",
    "--no-collector.wifi",
    "--no-collector.hwmon",
    "--no-collector.btrfs",
    "--collector.filesystem.mount-points-exclude=^/(dev|proc|sys|run/k3s/containerd/.+)($|/)",
    "--collector.netclass.ignored-devices=^(veth.*|[a-f0-9]{15})$",
    "--collector.netdev.device-exclude=^(veth.*|[a-f0-9]{15})$",
]
"""Of its DaemonSet; a pattern of mount points is shortened."""


def test_the_flags_of_kube_prometheus_are_taken() -> None:
    given = cli.parser().parse_args(KUBE_PROMETHEUS)
    options = host_options(given)
    assert options.options["netclass.devices-exclude"] == "^(veth.*|[a-f0-9]{15})$"
    assert str(options.roots.udev) == "/host/root/run/udev/data"
    assert not {"hwmon", "btrfs"} & set(options.collectors)
    assert warnings(given) == [
        "--collector.netclass.ignored-devices is called --collector.netclass.devices-exclude here"
    ]


@pytest.mark.parametrize("former", FORMER)
def test_a_former_name_means_ours(former: str) -> None:
    given = cli.parser().parse_args([f"--collector.{former}=^x$"])
    assert host_options(given).options[FORMER[former]] == "^x$"


def test_without_a_former_name_the_default_stays() -> None:
    options = host_options(cli.parser().parse_args([])).options
    assert options == default_options()


def test_a_former_name_takes_no_wrong_expression(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.parser().parse_args(["--collector.netclass.ignored-devices=("])
    assert "missing )" in capsys.readouterr().err


@pytest.mark.parametrize(
    "flag",
    [
        *(f"--collector.{name}" for name in (*ABSENT, *SWITCHES)),
        *(f"--collector.{name}=x" for name in VALUES),
        "--runtime.gomaxprocs=1",
    ],
)
def test_what_has_no_effect_is_taken_with_a_warning(flag: str) -> None:
    given = cli.parser().parse_args([flag])
    assert warnings(given) == [f"{flag.partition('=')[0]} has no effect here"]
    assert set(host_options(given).collectors) == {n for n, c in COLLECTORS.items() if c.enabled}


@pytest.mark.parametrize("name", [*ABSENT, *SWITCHES])
def test_switching_off_what_is_not_there_is_no_news(name: str) -> None:
    assert warnings(cli.parser().parse_args([f"--no-collector.{name}"])) == []


@pytest.mark.parametrize("flag", ["--web.systemd-socket", "--collector.nonsense", "--nonsense"])
def test_what_would_start_something_else_is_refused(
    flag: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.parser().parse_args([flag])
    assert ended.value.code == 2
    assert f"unrecognized arguments: {flag}" in capsys.readouterr().err


def test_what_is_ours_is_not_among_what_has_no_effect() -> None:
    assert not {*COLLECTORS, *default_options()} & {*ABSENT, *SWITCHES, *VALUES, *FORMER}


def test_folders_of_text_files_may_be_several() -> None:
    flags = ["--collector.textfile.directory=/a", "--collector.textfile.directory=/b"]
    options = host_options(cli.parser().parse_args(flags)).options
    assert options["textfile.directory"] == "/a\n/b"


@pytest.mark.parametrize("path", ["metrics", "/targets", "/-/ready", "/{x}", "/a b", "/a?b"])
def test_a_path_that_is_taken_or_none_is_refused(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        cli.parser().parse_args([f"--web.telemetry-path={path}"])
    assert "is not a free path" in capsys.readouterr().err
