"""HTTP by aiohttp with the TLS and basic auth of the Prometheus exporter toolkit.

The file format is https://github.com/prometheus/exporter-toolkit/blob/master/docs/web-configuration.md;
keys that this server does not honour are errors, never ignored.
"""

import asyncio
import errno
import logging
import os
import socket
import ssl
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, Self

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.log import server_logger
from aiohttp.typedefs import Handler, Middleware
from pydantic import BaseModel, ConfigDict, Field, model_validator

from uptime_common.connections import Bounds, Connections, listening_sockets
from uptime_common.descriptors import connections_at_once, descriptors
from uptime_common.document import DocumentError, Finding, load_document
from uptime_common.refused import refused
from uptime_common.seldom import Seldom
from uptime_common.shared_work import BusyError
from uptime_common.web_auth import basic_auth

_TLS_VERSIONS = {"TLS12": ssl.TLSVersion.TLSv1_2, "TLS13": ssl.TLSVersion.TLSv1_3}
_LOOK = 2.0  # seconds between two looks at the files
_LINGERING = 5.0  # seconds for a body that nobody asked for
_AGAIN = 5  # seconds after which what was refused may be asked for again
_STOPPING = 2.0  # seconds for requests under way
_log = logging.getLogger("web")


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


def _is_of_ours(record: logging.LogRecord) -> bool:
    """Say whether an error is one of our handlers': strangers' garbage is answered, not logged."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, HttpProcessingError)


class WebFile:
    """What ``--web.config.file`` says now: read again when it changes, or a file that it names.

    What cannot be read, such as a certificate whose key is yet to come, is told once, and what was
    in force stays.

    Raises:
        OSError: a TLS file cannot be used.
    """

    def __init__(self, config: WebConfig, path: Path | None) -> None:
        self._path = path
        self._told = ""
        self._seen = _state_of(path, config)
        self._adopt(config)

    def _adopt(self, config: WebConfig) -> None:
        self.tls = tls_context(config.tls_server_config)
        self.users = config.basic_auth_users
        self._config = config

    def look(self) -> None:
        """Read the files again where they changed."""
        state = _state_of(self._path, self._config)
        if state == self._seen:
            return
        try:
            config = load_web_config(self._path)
            self._adopt(config)
        except (DocumentError, OSError) as error:
            if (said := " ".join(str(error).split())) != self._told:
                _log.error("--web.config.file is not taken over: %s", said)
            self._told = said
            return
        self._seen, self._told = _state_of(self._path, config), ""
        _log.info("--web.config.file is taken over")

    async def follow(self) -> None:
        """Look again and again."""
        while self._path is not None:
            await asyncio.sleep(_LOOK)
            await asyncio.to_thread(self.look)


def _state_of(path: Path | None, config: WebConfig) -> tuple[object, ...]:
    """Return what changes when one of the files does."""
    tls = config.tls_server_config
    named = () if tls is None else (tls.cert_file, tls.key_file, tls.client_ca_file)
    return tuple(_stamp(file) for file in (path, *named) if file is not None)


def _stamp(path: Path) -> tuple[object, ...]:
    try:
        found = path.stat()
    except OSError as error:
        return (error.errno,)
    return found.st_mtime_ns, found.st_size, found.st_ino


def _answering() -> Middleware:
    """Return a middleware that answers for what a handler raises.

    That is 503 where as much as may be is under way, else 500, with a seldom line in the log.
    """
    seldom = Seldom()

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except web.HTTPException:
            raise
        except BusyError as error:
            return refused(str(error), after=_AGAIN)
        except Exception as error:  # noqa: BLE001 - logged, and answered as a fault of ours
            count = seldom.due((request.path, type(error)))
            if count:
                _log.exception("%s failed (%d since the last such line)", request.path, count)
            return web.Response(status=500, text="Failed: a fault of ours; the log has more.\n")

    return middleware


class Server:
    """A server that runs; ``addresses`` are those that it listens on."""

    def __init__(
        self,
        runner: web.AppRunner,
        connections: Connections,
        listening: Sequence[socket.socket],
        file: WebFile,
    ) -> None:
        self._runner = runner
        self._connections = connections
        self._listening = listening
        self._following = asyncio.create_task(file.follow())
        self.addresses: tuple[tuple[Any, ...], ...] = tuple(s.getsockname() for s in listening)

    async def cleanup(self) -> None:
        """Accept no more, give requests under way a little time, and end."""
        self._following.cancel()
        await self._connections.close()
        for sock in self._listening:
            sock.close()
        await self._runner.cleanup()


async def start_server(
    routes: Iterable[web.AbstractRouteDef],
    listen: tuple[str, int],
    config: WebConfig,
    path: Path | None = None,
    *,
    bounds: Bounds | None = None,
    gives_up: bool = False,
) -> Server:
    """Serve the routes; the caller ends the server with ``await server.cleanup()``.

    Args:
        routes: what is served.
        listen: host and port; an empty host means every interface.
        config: what ``path`` says.
        path: looked at again and again for changes.
        bounds: of connections; without them as many as fit among this process' descriptors.
        gives_up: whether a handler is cancelled when its client is gone.

    Raises:
        OSError: the address is taken, or a TLS file cannot be used.
    """
    file = WebFile(config, path)
    bounds = bounds or Bounds(connections_at_once(descriptors()))
    connections = Connections(bounds)
    auth = basic_auth(lambda: file.users)
    app = web.Application(middlewares=[connections.middleware(), _answering(), auth])
    app.add_routes(routes)
    server_logger.addFilter(_is_of_ours)  # adding it again changes nothing
    try:
        listening = await listening_sockets(listen)
    except OSError as error:
        where = f"--web.listen-address={shown(listen)}"
        said = f"{where}: {_reason(error)}"
        if error.errno == errno.EADDRINUSE:
            said += f"; who has it: ss -ltnp 'sport = :{listen[1]}'; or give another port"
        raise OSError(error.errno, said) from error
    runner = web.AppRunner(
        app,
        access_log=None,
        handle_signals=False,
        handler_cancellation=gives_up,
        keepalive_timeout=bounds.idle,
        lingering_time=_LINGERING,
        shutdown_timeout=_STOPPING,
    )
    await runner.setup()
    assert runner.server is not None  # noqa: S101 - there is one once it is set up
    connections.accept(listening, runner.server, lambda: file.tls)
    return Server(runner, connections, listening, file)


def _reason(error: OSError) -> str:
    """Return the reason without the address, which `socket.create_server` repeats."""
    if error.errno is None or isinstance(error, socket.gaierror):
        return error.strerror or str(error)
    return os.strerror(error.errno)


def shown(address: tuple[str, int]) -> str:
    """Return host and port as flags and URLs write them."""
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
