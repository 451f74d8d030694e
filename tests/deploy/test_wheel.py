"""What is installed is whole, and collides with nobody's packages."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pytest
import requests
import yaml

from tests.exporter.parsers import parsed
from tests.programs.ports import free_port
from tests.programs.process import running
from uptime_common import __version__

pytestmark = pytest.mark.integration
ROOT = Path(__file__).parents[2]
PACKAGES = ("exporter", "service_catalogue", "sla_engine", "uptime_common")
DATA = (
    "alert_rules",
    "deploy/prometheus",
    "deploy/systemd",
    "examples",
    "grafana_dashboards/json",
    "grafana_dashboards/provisioning",
)
NOTES = f"uptime_ledger-{__version__}.dist-info"
STRANGERS = ("catalogue", "deploy", "exporter", "service_catalogue", "sla_engine", "toolkit")


def _files(folder: Path, below: Iterable[str]) -> set[str]:
    """Return the files of some folders that belong to the project, as paths from ``folder``."""
    paths = [path for name in below for path in (folder / name).rglob("*") if path.is_file()]
    names = {str(path.relative_to(folder)) for path in paths}
    return {name for name in names if not re.search(r"(^|/)\.|__pycache__|\.pyc$", name)}


def _build(source: Path, kind: str) -> Path:
    """Build a wheel or an sdist as pip does without isolation: what is needed is in the lock."""
    code = f"from setuptools.build_meta import build_{kind} as build; build('dist')"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=source, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "absent from the `packages` configuration" not in done.stderr
    (built,) = (source / "dist").iterdir()
    return built


def _copy(names: Iterable[str], folder: Path) -> None:
    for name in names:
        if (ROOT / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__", ".*")
            shutil.copytree(ROOT / name, folder / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, folder / name)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that the image is made of: of what the Dockerfile copies, and no more."""
    folder = tmp_path_factory.mktemp("image")
    text = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
    for copied in re.findall(r"^COPY (?!--from)(.*) \S+$", text, re.MULTILINE):
        _copy(copied.split(), folder)
    old = folder / "build" / "lib" / "exporter" / "of_an_older_build.py"
    old.parent.mkdir(parents=True)
    old.touch()
    return _build(folder, "wheel")


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked source distribution of the whole tree."""
    folder = tmp_path_factory.mktemp("sdist")
    _copy(_sources(), folder)
    with tarfile.open(_build(folder, "sdist")) as archive:
        # Debian 12's Python knows no argument for it, and a newer one wants to be told.
        archive.extraction_filter = getattr(tarfile, "data_filter", None)
        archive.extractall(folder / "unpacked")
    (unpacked,) = (folder / "unpacked").iterdir()
    return unpacked


def _sources() -> set[str]:
    """Return what the project has at its top level; in an unpacked sdist that is all there is."""
    git = ["git", "-C", str(ROOT), "ls-files"]
    done = subprocess.run(git, capture_output=True, text=True, check=False)
    names = done.stdout.splitlines() or [path.name for path in ROOT.iterdir()]
    made = {"dist", "build", "uptime_ledger.egg-info"}
    return {top for name in names if (top := name.partition("/")[0])[0] != "."} - made


def _names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_a_wheel_is_one_folder_that_holds_all_of_it(wheel: Path) -> None:
    names = _names(wheel)
    assert {name.partition("/")[0] for name in names} == {"uptime_ledger", NOTES}
    inside = {name.removeprefix("uptime_ledger/") for name in names if not name.startswith(NOTES)}
    own = {"__init__.py", "py.typed"}
    assert inside == own | _files(ROOT, (*PACKAGES, *DATA))
    assert {f"{package}/py.typed" for package in PACKAGES} < inside


def test_a_source_distribution_is_the_tree_and_makes_the_same_wheel(
    wheel: Path, sdist: Path
) -> None:
    sources = _sources()
    folders = [name for name in sources if (ROOT / name).is_dir()]
    assert _files(ROOT, folders) <= _files(sdist, folders)
    assert sources <= {path.name for path in sdist.iterdir()}
    assert _names(_build(sdist, "wheel")) == _names(wheel)


def _stranger(name: str, folder: Path) -> Path:
    """Make a wheel of somebody else's that owns a top-level name."""
    wheel, notes = folder / f"{name}-9-py3-none-any.whl", f"{name}-9.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(f"{name}/__init__.py", "OWNER = 'somebody else'\n")
        archive.writestr(f"{name}/cli.py", "raise ImportError('of somebody else')\n")
        head = "Metadata-Version: 2.1\nName: {}\nVersion: 9\n".format(name.replace("_", "-"))
        archive.writestr(f"{notes}/METADATA", head)
        archive.writestr(f"{notes}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{notes}/RECORD", "")
    return wheel


def _install(venv: Path, *wheels: Path) -> None:
    pip = [sys.executable, "-m", "pip", "--python", str(venv / "bin" / "python"), "install"]
    quiet = ["--quiet", "--no-index", "--no-deps", "--force-reinstall"]
    subprocess.run([*pip, *quiet, *wheels], check=True)


def _site(venv: Path) -> Path:
    (site,) = venv.glob("lib/python*/site-packages")
    return site


def _said(venv: Path, folder: Path, program: str, *arguments: str) -> str:
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [venv / "bin" / program, *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env=env,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_both_programs_run_whoever_installs_the_same_names_before_or_after(
    wheel: Path, tmp_path: Path
) -> None:
    venv, folder = tmp_path / "venv", tmp_path / "empty"
    folder.mkdir()
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    strangers = [_stranger(name, tmp_path) for name in STRANGERS]
    _install(venv, *strangers)
    _install(venv, wheel)
    # What the lock holds, without what a .pth file there adds: this checkout.
    (_site(venv) / "locked.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    _run_both(venv, folder)
    _scrape(venv, tmp_path)
    _install(venv, *strangers)  # removed, and installed again
    for program in ("sla-engine", "sla-exporter"):
        assert _said(venv, folder, program, "--version") == f"{program} {__version__}\n"
    code = "import importlib; print({{importlib.import_module(name).OWNER for name in {}}})"
    said = _said(venv, folder, "python", "-c", code.format(STRANGERS))
    assert said == "{'somebody else'}\n"


def _run_both(venv: Path, folder: Path) -> None:
    example = f"--config.file={_site(venv)}/uptime_ledger/examples/services.yml"
    assert _said(venv, folder, "sla-exporter", "--version") == f"sla-exporter {__version__}\n"
    assert "services" in _said(venv, folder, "sla-engine", "check", example)
    ledger = "--storage.ledger=sqlite:///ledger.db"
    asked = ("--title=Upgrade", "--from=2026-10-03T00:00:00Z", "--duration=1h", "--reason=due")
    which = "--service=host"
    _said(venv, folder, "sla-engine", "maintenance", "request", example, ledger, which, *asked)
    flags = [example, ledger, "--period=yesterday", "--format=html"]
    assert "</html>" in _said(venv, folder, "sla-engine", "report", *flags)
    assert (folder / "ledger.db").exists()


def _scrape(venv: Path, tmp_path: Path) -> None:
    """Scrape the exporter, started with a large catalogue where another exporter lies around."""
    folder = tmp_path / "here"
    (folder / "exporter").mkdir(parents=True)
    (folder / "exporter" / "__init__.py").write_text("raise ImportError('of this folder')")
    probe = {"type": "tcp", "target": "127.0.0.1:1"}
    services = [{"id": f"s{i}", "name": "S" * 1000, "probes": [probe]} for i in range(300)]
    document = {"organization": "Example", "timezone": "UTC", "services": services}
    (folder / "services.yml").write_text(yaml.safe_dump(document), encoding="utf-8")
    port = free_port()
    command = [
        *("/bin/sh", "-c", 'cd "$1" && unset PYTHONPATH && shift && exec "$@"', "sh", str(folder)),
        *(str(venv / "bin" / "sla-exporter"), f"--web.listen-address=127.0.0.1:{port}"),
    ]
    url = f"http://127.0.0.1:{port}"
    with running(command, ready_url=f"{url}/-/ready", log=tmp_path / "exporter.log"):
        families = parsed(requests.get(f"{url}/metrics", timeout=30).text, promtool=False)
        assert len(families["service_info"].samples) == 300
        assert "node_load1" in families
        assert "s299" in requests.get(f"{url}/targets", timeout=30).text
