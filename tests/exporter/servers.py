"""Small servers in threads, each one answering in its own bad or good manner."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Handler = Callable[[socket.socket], None]


@contextmanager
def serving(handler: Handler, host: str = "127.0.0.1") -> Iterator[int]:
    """Run a handler in a thread for every connection; give the port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family, backlog=1024) as listener:

        def handle(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                connection.settimeout(5)
                handler(connection)

        def accept() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    threading.Thread(target=handle, args=(connection,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield listener.getsockname()[1]
        finally:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)


@contextmanager
def answering(handler: Callable[[bytes], bytes | None], port: int = 0) -> Iterator[int]:
    """Answer datagrams in a thread; give the port. An empty datagram ends it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", port))

        def loop() -> None:
            while True:
                data, peer = sock.recvfrom(65_535)
                if not data:
                    return
                answer = handler(data)
                if answer is not None:
                    sock.sendto(answer, peer)

        thread = threading.Thread(target=loop, daemon=True)
        thread.start()
        try:
            yield sock.getsockname()[1]
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
                last.sendto(b"", sock.getsockname())
            thread.join(5)


def saying(*parts: bytes) -> Handler:
    """Return a handler that says something, then after each line heard the next part."""

    def handle(connection: socket.socket) -> None:
        for part in parts:
            connection.sendall(part)
            if not connection.recv(65_536):
                return

    return handle
