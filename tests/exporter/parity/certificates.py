"""Servers' TLS contexts, good and bad, from one authority."""

import ssl
import warnings
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme


class Certificates:
    """Contexts by name; ``ca_file`` is the authority that the probers trust."""

    def __init__(self, folder: Path) -> None:
        self._ca, self._stranger = trustme.CA(), trustme.CA()
        self.ca_file = str(folder / "ca.pem")
        self._ca.cert_pem.write_to_path(self.ca_file)
        self._contexts = {
            "good": self._context("localhost", "127.0.0.1"),
            "expired": self._context("localhost", days=-1),
            "other": self._context("example.org"),
            "self": self._own(),
            "stranger": self._context("localhost", ca=self._stranger),
            "old": self._old(),
            "sni": self._named(),
            "client": self._client(),
            "abrupt": self._context("localhost"),
            "wildcard": self._context("*.example.org"),
            "upper": self._context("LOCALHOST"),
            "address": self._context("127.0.0.1"),
            "only 1.2": self._of_version("localhost", ssl.TLSVersion.TLSv1_2),
            "only 1.3": self._of_version("localhost", ssl.TLSVersion.TLSv1_3),
            **self._chains(folder),
        }

    def __getitem__(self, name: str) -> ssl.SSLContext:
        """Return the context of that name."""
        return self._contexts[name]

    def _context(self, *names: str, days: int = 30, ca: trustme.CA | None = None) -> ssl.SSLContext:
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        expiry = datetime.now(UTC) + timedelta(days=days)
        (ca or self._ca).issue_cert(*names, not_after=expiry).configure_cert(made)
        return made

    def _of_version(self, name: str, version: ssl.TLSVersion) -> ssl.SSLContext:
        made = self._context(name)
        made.minimum_version = made.maximum_version = version
        return made

    def _chains(self, folder: Path) -> dict[str, ssl.SSLContext]:
        """Return servers with one certificate between theirs and the authority's, in any order."""
        between = self._ca.create_child_ca()
        issued = between.issue_cert("localhost")
        own, middle = (blob.bytes() for blob in issued.cert_chain_pems)
        root, stranger = self._ca.cert_pem.bytes(), self._stranger.cert_pem.bytes()
        orders = {
            "chain": [own, middle],
            "chain lacks": [own],
            "chain with root": [own, middle, root],
            "chain turned": [own, root, middle],
            "chain with stranger": [own, stranger, middle],
            "chain doubled": [own, middle, middle],
        }
        made = {}
        for number, (name, order) in enumerate(orders.items()):
            file = folder / f"chain{number}.pem"
            file.write_bytes(issued.private_key_pem.bytes() + b"".join(order))
            made[name] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            made[name].load_cert_chain(file)
        return made

    def _own(self) -> ssl.SSLContext:
        """Show an authority's own certificate as a server's: it signed itself."""
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        own = trustme.CA()
        own.issue_cert("localhost")
        with (
            own.private_key_pem.tempfile() as key,
            own.cert_pem.tempfile() as certificate,
        ):
            made.load_cert_chain(certificate, key)
        return made

    def _old(self) -> ssl.SSLContext:
        made = self._context("localhost")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            made.minimum_version = ssl.TLSVersion.TLSv1_1
            made.maximum_version = ssl.TLSVersion.TLSv1_1
        made.set_ciphers("DEFAULT@SECLEVEL=0")
        return made

    def _named(self) -> ssl.SSLContext:
        """Shake hands only with those who name ``localhost``."""
        made = self._context("localhost", "127.0.0.1")

        def named(_: ssl.SSLObject, name: str | None, __: ssl.SSLContext) -> int | None:
            return None if name == "localhost" else ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME

        made.sni_callback = named
        return made

    def _client(self) -> ssl.SSLContext:
        made = self._context("localhost")
        self._ca.configure_trust(made)
        made.verify_mode = ssl.CERT_REQUIRED
        return made
