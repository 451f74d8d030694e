"""Where things lie once installed: all in one folder, ``uptime_ledger/``; see docs/install.md."""

import shutil

from setuptools import find_namespace_packages, find_packages, setup
from setuptools.command.build_py import build_py

NAME = "uptime_ledger"
PACKAGES = ("exporter", "service_catalogue", "sla_engine", "uptime_common")
DATA = (
    "alert_rules",
    "deploy/prometheus",
    "deploy/systemd",
    "examples",
    "grafana_dashboards/json",
    "grafana_dashboards/provisioning",
)


WORDS = "sla_engine/reports/locale"


class FreshBuild(build_py):
    """A build without what an older one left: that would be installed, too."""

    def run(self) -> None:
        """Copy what belongs into a wheel."""
        if not self.editable_mode:
            shutil.rmtree(self.build_lib, ignore_errors=True)
        super().run()


def _installed(folder: str) -> str:
    return f"{NAME}.{folder.replace('/', '.')}"


_CODE = find_packages(include=[pattern for name in PACKAGES for pattern in (name, f"{name}.*")])
_FOLDERS = [
    "/".join([folder, *below.split(".")]) if below else folder
    for folder in DATA
    for below in ("", *find_namespace_packages(folder))
]

setup(
    cmdclass={"build_py": FreshBuild},
    packages=[NAME, *map(_installed, [*_CODE, WORDS, *_FOLDERS])],
    package_dir={NAME: NAME, **{_installed(folder): folder for folder in (*PACKAGES, *DATA)}},
    package_data={
        "": ["*.html", "py.typed"],
        _installed(WORDS): ["*.po"],
        **{_installed(folder): ["*"] for folder in _FOLDERS},
    },
)
