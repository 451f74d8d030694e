"""A report and its seal: the report proves the ledger's head, the ledger the report's bytes."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from sla_engine.domain.report import Evidence, PeriodReport
from sla_engine.ledger import Ledger
from sla_engine.reports import Format
from sla_engine.reports.seal import Seal, Signer, carries_seal, with_seal


class Sealed(NamedTuple):
    """A document with the seal that stands beside it, None where it carries one or has none."""

    document: bytes
    beside: bytes | None = None


def bodies_of(made: Mapping[str, Sealed]) -> dict[str, bytes]:
    """Return what is kept of documents, by their formats; what stands beside one has its own."""
    found = {name: one.document for name, one in made.items()}
    return found | {f"{n}.sig": one.beside for n, one in made.items() if one.beside is not None}


def sealed(
    report: PeriodReport, written_as: Format, ledger: Ledger, signer: Signer | None, now: int
) -> Sealed:
    """Write a report, and seal it where there is a key; the ledger remembers the seal.

    Raises:
        LedgerError: the ledger cannot be written.
    """
    if signer is None:
        return Sealed(written_as.render(report))
    known = with_evidence(report, ledger, signer)
    assert known.evidence is not None  # noqa: S101 - as there is a key
    document = written_as.render(known)
    seal = signer.seal(document, report, known.evidence.head)
    ledger.remember_seal(seal._asdict(), now)
    if carries_seal(written_as.extension):
        return Sealed(with_seal(document, written_as.extension, seal))
    return Sealed(document, str(seal).encode())


def with_evidence(report: PeriodReport, ledger: Ledger, signer: Signer | None) -> PeriodReport:
    """Return a report that shows what its seal will prove; as it is where there is no key."""
    if signer is None or report.evidence is not None:
        return report
    head = str(ledger.head() or "none")
    findings = len(ledger.verify())
    evidence = Evidence(head, signer.public, signer.sign_head(head), findings)
    return replace(report, evidence=evidence)


class Attested(NamedTuple):
    """What agrees, and what does not: a line each."""

    agrees: tuple[str, ...]
    findings: tuple[str, ...]


def attest(document: bytes, seal: Seal, public_key: str | None, ledger: Ledger | None) -> Attested:
    """Say whether a document, its seal, a public key and a ledger agree.

    Args:
        document: the bytes without the seal.
        seal: the one that it carries, or that stood beside it.
        public_key: the one that was printed when the key was made; None: nobody vouches.
        ledger: the one that the report is of; None: it is not looked at.
    """
    agrees: list[str] = []
    findings: list[str] = []
    for good, said, wrong in (
        *_by_itself(document, seal, public_key),
        *(_with_ledger(seal, ledger) if ledger else ()),
    ):
        (agrees if good else findings).append(said if good else wrong)
    return Attested(tuple(agrees), tuple(findings))


_Judged = Iterator[tuple[bool, str, str]]


def _by_itself(document: bytes, seal: Seal, public_key: str | None) -> _Judged:
    yield (
        seal.is_of(document),
        f"its bytes are those that were sealed ({seal.document})",
        "its bytes are not those that were sealed",
    )
    yield (
        seal.is_valid(),
        f"the seal is signed by {seal.key}",
        f"the seal is not signed by the key that it names, {seal.key}",
    )
    if public_key is not None:
        yield (
            seal.key == public_key,
            "that is the key that was given",
            f"that is not the key that was given, {public_key}",
        )


def _with_ledger(seal: Seal, ledger: Ledger) -> _Judged:
    found = ledger.proof_of(seal._asdict())
    yield (
        found.unbroken is None,
        "the ledger's audit chain is unbroken",
        f"the ledger's audit chain is broken: {found.unbroken}",
    )
    yield (
        found.has_head,
        f"it has the row that the report names, {seal.ledger.partition(':')[0]}",
        f"it has no row {seal.ledger}, as the report names: cut off, made anew, or another ledger",
    )
    yield (
        found.has_seal,
        "it remembers this seal, made after that row",
        "it does not remember this seal",
    )
