"""The answer to what is beyond a bound of ours: try again later."""

from aiohttp import web


def refused(why: str, *, after: int) -> web.Response:
    """Return a 503 that names the bound; ``after`` is seconds."""
    headers = {"Retry-After": str(after)}
    return web.Response(status=503, text=f"Refused: {why}; try again later.\n", headers=headers)


def refused_at_once(why: str, *, after: int) -> bytes:
    """Return the same as it goes over the wire, for a client that was not listened to."""
    text = f"Refused: {why}; try again later.\n".encode()
    head = (
        f"HTTP/1.1 503 Service Unavailable\r\nRetry-After: {after}\r\nConnection: close\r\n"
        f"Content-Type: text/plain; charset=utf-8\r\nContent-Length: {len(text)}\r\n\r\n"
    )
    return head.encode() + text
