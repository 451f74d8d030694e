"""HTTP by aiohttp with the TLS and basic auth of the Prometheus exporter toolkit.

The file format is https://github.com/prometheus/exporter-toolkit/blob/master/docs/web-configuration.md;
keys that this server does not honour are errors, never ignored.
"""

import asyncio
import base64
import binascii
import hashlib
import hmac
import logging
import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, Self

import bcrypt
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.log import server_logger
from aiohttp.typedefs import Handler, Middleware
from pydantic import BaseModel, ConfigDict, Field, model_validator

from uptime_common.document import Finding, load_document

_TLS_VERSIONS = {"TLS12": ssl.TLSVersion.TLSv1_2, "TLS13": ssl.TLSVersion.TLSv1_3}
_LONGEST = 72  # bytes that bcrypt reads of a password
# A hash that no password matches: an unknown user costs the same time as a wrong password.
_NOBODY = b"$2b$10$abcdefghijklmnopqrstuuIlcVt6Sy1rGGSpTSVuIJXfZUGPJ4pMq"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TlsServer(_Frozen):
    """``tls_server_config``: the server's certificate and what it asks of clients."""

    cert_file: Path
    key_file: Path
    client_ca_file: Path | None = None
    client_auth_type: Literal["NoClientCert", "RequireAndVerifyClientCert"] = "NoClientCert"
    min_version: Literal["TLS12", "TLS13"] = "TLS12"

    @model_validator(mode="after")
    def _clients(self) -> Self:
        if self.client_auth_type != "NoClientCert" and self.client_ca_file is None:
            raise ValueError("client_auth_type needs client_ca_file")
        return self


class WebConfig(_Frozen):
    """The file of ``--web.config.file``."""

    tls_server_config: TlsServer | None = None
    basic_auth_users: dict[str, str] = Field(default_factory=dict)


def load_web_config(path: Path | None) -> WebConfig:
    """Read ``--web.config.file``; file names in it are relative to it.

    Raises:
        DocumentError: with every mistake found.
    """
    if path is None:
        return WebConfig()
    config = load_document(path, WebConfig, _check)
    tls = config.tls_server_config
    if tls is None:
        return config
    files = {
        name: path.parent / value
        for name in ("cert_file", "key_file", "client_ca_file")
        if (value := getattr(tls, name)) is not None
    }
    return config.model_copy(update={"tls_server_config": tls.model_copy(update=files)})


def _check(config: Any) -> Iterable[Finding]:
    users = config.get("basic_auth_users") if isinstance(config, dict) else None
    for user, digest in users.items() if isinstance(users, dict) else ():
        if not str(digest).startswith(("$2a$", "$2b$", "$2y$")):
            yield ("basic_auth_users", user), "is not a bcrypt hash"


def tls_context(tls: TlsServer | None) -> ssl.SSLContext | None:
    """Return the server's TLS context, or None for plain HTTP.

    Raises:
        OSError: a file cannot be read or holds no certificate or key.
    """
    if tls is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = _TLS_VERSIONS[tls.min_version]
    with _naming("cert_file", tls.cert_file, "key_file", tls.key_file):
        context.load_cert_chain(tls.cert_file, tls.key_file)
    if tls.client_auth_type == "RequireAndVerifyClientCert":
        with _naming("client_ca_file", tls.client_ca_file):
            context.load_verify_locations(tls.client_ca_file)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


@contextmanager
def _naming(*files: object) -> Iterator[None]:
    """Say which files an error of OpenSSL is about; it does not."""
    try:
        yield
    except OSError as error:
        broken = isinstance(error, ssl.SSLError)
        why = "no PEM with what belongs there" if broken else error.strerror
        raise OSError(error.errno, f"{' '.join(map(str, files))}: {why}") from error


def basic_auth(users: dict[str, str]) -> Middleware:
    """Return a middleware that lets in only the users given with their bcrypt hashes.

    A password that was right once is remembered by its digest: bcrypt at every scrape would
    cost more than the scrape.
    """
    remembered: dict[str, bytes] = {}

    async def allowed(header: str) -> bool:
        login, password = _credentials(header)
        digest = hashlib.sha256(password).digest()
        if hmac.compare_digest(remembered.get(login, b""), digest):
            return True
        hashed = users.get(login, "").encode() or _NOBODY
        matches = await asyncio.to_thread(bcrypt.checkpw, password[:_LONGEST], hashed)
        if matches and login in users:
            remembered[login] = digest
            return True
        return False

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        if await allowed(request.headers.get("Authorization", "")):
            return await handler(request)
        challenge = {"WWW-Authenticate": 'Basic realm="Uptime Ledger", charset="UTF-8"'}
        return web.Response(status=401, text="Unauthorized\n", headers=challenge)

    return middleware


def _credentials(header: str) -> tuple[str, bytes]:
    """Return login and password of an Authorization header (RFC 7617), empty where it has none."""
    scheme, _, given = header.partition(" ")
    if scheme.lower() != "basic":
        return "", b""
    try:
        login, _, password = base64.b64decode(given, validate=True).partition(b":")
        return login.decode(), password
    except (binascii.Error, UnicodeDecodeError):
        return "", b""


def _is_of_ours(record: logging.LogRecord) -> bool:
    """Say whether an error is one of our handlers': strangers' garbage is answered, not logged."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, HttpProcessingError)


async def start_server(
    routes: Iterable[web.AbstractRouteDef], listen: tuple[str, int], config: WebConfig
) -> web.AppRunner:
    """Serve the routes; the caller ends the server with ``await runner.cleanup()``.

    Raises:
        OSError: the address is taken, or a TLS file cannot be used.
    """
    users = config.basic_auth_users
    app = web.Application(middlewares=[basic_auth(users)] if users else [])
    app.add_routes(routes)
    server_logger.addFilter(_is_of_ours)  # adding it again changes nothing
    runner = web.AppRunner(app, access_log=None, handle_signals=False)
    await runner.setup()
    host, port = listen
    site = web.TCPSite(
        runner, host or None, port, ssl_context=tls_context(config.tls_server_config)
    )
    try:
        await site.start()
    except OSError as error:
        await runner.cleanup()
        where = f"--web.listen-address={shown(listen)}"
        raise OSError(error.errno, f"{where}: {error.strerror or error}") from error
    return runner


def shown(address: tuple[str, int]) -> str:
    """Return host and port as flags and URLs write them."""
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
