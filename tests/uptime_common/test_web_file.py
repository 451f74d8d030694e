"""Certificates and users that change while a server runs."""

import logging
import ssl
from pathlib import Path

import bcrypt
import pytest

from tests.programs.tls import papers
from uptime_common.web import WebFile, load_web_config


def hashed(password: bytes) -> str:
    return bcrypt.hashpw(password, bcrypt.gensalt(4)).decode()


def written(path: Path, content: bytes | str) -> None:
    """Replace a file as who renews certificates does: the new one is another file."""
    new = path.with_suffix(".new")
    new.write_bytes(content if isinstance(content, bytes) else content.encode())
    new.replace(path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = papers(tmp_path)
    written(tmp_path / "c.pem", made.chain)
    written(tmp_path / "k.pem", made.key)
    found = tmp_path / "web.yml"
    written(found, "tls_server_config: {cert_file: c.pem, key_file: k.pem}\n")
    return found


def test_a_renewed_certificate_is_in_force_when_its_key_is_there(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = WebFile(load_web_config(path), path)
    before = file.tls
    file.look()
    assert file.tls is before
    renewed = papers(path.parent)
    written(path.parent / "c.pem", renewed.chain)
    for _ in range(3):
        file.look()
    assert file.tls is before
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert "c.pem key_file" in caplog.text
    written(path.parent / "k.pem", renewed.key)
    file.look()
    assert isinstance(file.tls, ssl.SSLContext)
    assert file.tls is not before


@pytest.mark.parametrize(
    "content", ["basic_auth_users: {ann: secret}\n", "tls_server_config: [", "users: {}\n", None]
)
def test_what_cannot_be_taken_over_leaves_in_force_what_was(
    path: Path, content: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    file = WebFile(load_web_config(path), path)
    before, users = file.tls, file.users
    if content is None:
        path.unlink()
    else:
        written(path, content)
    for _ in range(3):
        file.look()
    assert (file.tls, file.users) == (before, users)
    assert len(caplog.records) == 1
    written(path, f"basic_auth_users: {{ann: '{hashed(b'x')}'}}\n")
    file.look()
    assert file.tls is None
    assert set(file.users) == {"ann"}
