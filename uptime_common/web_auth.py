"""Basic auth by bcrypt, as the Prometheus family has it, with the cost of guesses bounded."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping

import bcrypt
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from uptime_common.shared_work import SharedWork

_LONGEST = 72  # bytes that bcrypt reads of a password
_WAITING = 16  # passwords that wait for their turn: bcrypt takes up to a second for each
# A hash that no password matches: an unknown user costs the same time as a wrong password.
_NOBODY = b"$2b$10$abcdefghijklmnopqrstuuIlcVt6Sy1rGGSpTSVuIJXfZUGPJ4pMq"

Users = Callable[[], Mapping[str, str]]
"""Returns the bcrypt hash of each user, as of now; nobody means that everybody may."""


def basic_auth(users: Users) -> Middleware:
    """Return a middleware that lets in only the users given with their bcrypt hashes.

    A password that was right once is remembered by its digest, until its hash changes: bcrypt at
    every scrape would cost more than the scrape. Others are compared in a thread of their own, one
    after the other, and so many may wait; more are refused.
    """
    remembered: dict[str, tuple[str, bytes]] = {}
    bcrypts: SharedWork[bool] = SharedWork("comparisons of passwords", _WAITING, threads=1)

    async def allowed(header: str, known: Mapping[str, str]) -> bool:
        login, password = _credentials(header)
        hashed, digest = known.get(login, ""), hashlib.sha256(password).digest()
        before, right = remembered.get(login, ("", b""))
        if hashed and before == hashed and hmac.compare_digest(right, digest):
            return True
        matches = await bcrypts.result(
            (hashed, digest),
            lambda _: bcrypt.checkpw(password[:_LONGEST], hashed.encode() or _NOBODY),
        )
        if matches and hashed:
            remembered[login] = hashed, digest
            return True
        return False

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        known = users()
        if not known or await allowed(request.headers.get("Authorization", ""), known):
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
