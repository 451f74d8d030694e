"""What an HTTP request takes from files and from a token server, read at every run."""

import json
from typing import Any, Final, NamedTuple
from urllib.parse import quote_plus, urlencode, urlsplit

import pycurl

from exporter.probes.transport.connect import resolve
from exporter.probes.transport.curl import bounded, perform
from exporter.probes.transport.curl_tls import set_curl_tls
from exporter.probes.transport.result import HinderedError, ProbeError
from exporter.probes.transport.run import Run, Token
from exporter.probes.transport.secret import secret, secret_bytes
from service_catalogue.base import printable
from service_catalogue.probes import HttpProbe, OAuth2
from service_catalogue.probes.address import Origin, ascii_url, excepted, origin_of
from service_catalogue.probes.http import ProbeAuth

_EARLY: Final = 10.0
"""Seconds before its end from which on a token is asked for anew."""
_LONGEST: Final = 256 * 1024
_OK: Final = 200


class Prepared(NamedTuple):
    """Headers, of which those in ``secrets`` (lower case) go to their origin alone; user:password.

    ``kept`` says that a token of an earlier run is among them.
    """

    headers: dict[str, str]
    secrets: frozenset[str] = frozenset()
    user: str = ""
    body: bytes | None = None
    kept: bool = False


async def prepared(config: HttpProbe, run: Run, *, renew: bool = False) -> Prepared:
    """Read what the request needs; ``renew`` asks for a new token in any case.

    Raises:
        ProbeError: a file cannot be read, or the token server gives none (``oauth2``).
    """
    headers, user, kept = config.headers, "", False
    body = config.body.encode() if config.body is not None else None
    if config.basic_auth:
        user = await _user(config.basic_auth, run)
    elif config.bearer_token_file:
        token = await secret(config.bearer_token_file, run)
        headers = {**headers, "Authorization": f"Bearer {token}"}
    elif config.oauth2:
        token, kept = await _token(config.oauth2, config, run, renew=renew)
        headers = {**headers, "Authorization": f"Bearer {token}"}
    if config.body_file:
        body = await secret_bytes(config.body_file, run)
    for name, path in config.header_files.items():
        headers = {**headers, name: _line(str(path), await secret(path, run))}
    secrets = frozenset(name.lower() for name in config.header_files)
    return Prepared(headers, secrets, user, body, kept)


async def _user(auth: ProbeAuth, run: Run) -> str:
    name = auth.username or ""
    if auth.username_file is not None:
        name = await secret(auth.username_file, run)
        if ":" in name:  # RFC 7617, section 2: it would end the name
            raise HinderedError("file", f"{auth.username_file}: a colon in a user's name")
    return f"{name}:{await secret(auth.password_file, run)}"


def _line(path: str, text: str) -> str:
    try:
        return printable(text.replace("\t", " "))
    except ValueError as error:
        raise HinderedError("file", f"{path}: {error}, which no header can carry") from error


def proxy_of(config: HttpProbe, origin: Origin) -> str:
    """Return the proxy to ask for an origin, or nothing."""
    if config.proxy_url is None:
        return ""
    direct = any(excepted(place).holds(origin.host, origin.port) for place in config.no_proxy)
    return "" if direct else config.proxy_url


async def _token(oauth2: OAuth2, config: HttpProbe, run: Run, *, renew: bool) -> tuple[str, bool]:
    """Return a token, and whether it is one of an earlier run."""
    key = oauth2.model_dump_json()
    now = run.deadline - run.left()
    known = run.network.tokens.get(key)
    if known is not None and now < known.until and not renew:
        return known.text, True
    token = await _new_token(oauth2, config, run, now)
    if token.until > now:
        run.network.tokens[key] = token
    else:
        run.network.tokens.pop(key, None)
    return token.text, False


async def _new_token(oauth2: OAuth2, config: HttpProbe, run: Run, now: float) -> Token:
    aside = Run(run.network, run.deadline, run.log)  # its phases and chain are not the target's
    easy = pycurl.Curl()
    try:
        url = ascii_url(oauth2.token_url)
        origin = origin_of(url)
        easy.setopt(pycurl.URL, url)
        easy.setopt(pycurl.HTTPHEADER, ["Accept: application/json"])
        _ask_by_form(easy, oauth2, await secret(oauth2.client_secret_file, run))
        if origin.secure:
            set_curl_tls(easy, oauth2.tls)
        ip, fallback = config.preferred_ip_protocol, config.ip_protocol_fallback
        address = await resolve(aside, origin.host, ip, fallback=fallback)
        tls = oauth2.tls if origin.secure else None
        with bounded(easy, _LONGEST) as body:
            await perform(easy, aside, address, origin.port, tls=tls)
        return _read(easy.getinfo(pycurl.RESPONSE_CODE), bytes(body), now)
    except HinderedError:
        raise
    except ProbeError as error:
        raise ProbeError("oauth2", f"{urlsplit(oauth2.token_url).hostname}: {error}") from error
    finally:
        easy.close()


def _ask_by_form(easy: pycurl.Curl, oauth2: OAuth2, password: str) -> None:
    form = {"grant_type": "client_credentials", **oauth2.parameters}
    if oauth2.scopes:
        form["scope"] = " ".join(oauth2.scopes)
    if oauth2.client_auth == "post":
        form |= {"client_id": oauth2.client_id, "client_secret": password}
    else:  # RFC 6749, section 2.3.1: both are encoded first
        easy.setopt(pycurl.USERPWD, f"{quote_plus(oauth2.client_id)}:{quote_plus(password)}")
    easy.setopt(pycurl.POSTFIELDS, urlencode(form))


def _read(status: int, body: bytes, now: float) -> Token:
    try:
        answer: Any = json.loads(body)
    except (ValueError, RecursionError):
        answer = None
    answer = answer if isinstance(answer, dict) else {}
    if status != _OK:
        raise ProbeError("status", f"{status} {str(answer.get('error', ''))[:80]}".strip())
    token, seconds = answer.get("access_token"), answer.get("expires_in", 0)
    if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not token:
        raise ProbeError("answer", "no access_token")
    if str(answer.get("token_type", "bearer")).lower() != "bearer":
        raise ProbeError("answer", f"a token of type {str(answer['token_type'])[:80]!r}")
    try:
        lasts = float(seconds)
    except (TypeError, ValueError):
        lasts = 0.0
    return Token(token, now + lasts - _EARLY)
