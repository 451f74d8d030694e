"""The client and the extraction against a real server, with small limits and without one."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import bcrypt
import pytest
import requests

from service_catalogue.prometheus import Prometheus as Settings
from sla_engine.domain.interval import Interval
from sla_engine.ledger import Books, Ledger
from sla_engine.measurement.backfill import backfill
from sla_engine.prometheus import Client, LimitError, PrometheusError, QueryError, UnreachableError
from sla_engine.prometheus.client import STRICT
from sla_engine.prometheus.extract import Source, asks, raw
from sla_engine.prometheus.scan import scan
from tests.catalogues import catalogue
from tests.past import past, write_openmetrics
from tests.programs.newer import RELEASES, newer_program
from tests.programs.ports import free_port
from tests.programs.process import find_program, running
from tests.programs.prometheus import Prometheus, create_blocks, running_prometheus
from tests.programs.victoria import running_victoria

pytestmark = pytest.mark.integration

START = 1_790_812_800_000
PERIOD = Interval(START, START + 6 * 3_600_000)
NAMES = [f"s{i}" for i in range(6)]
PASTS = {name: past(PERIOD, 15_000, "both", i) for i, name in enumerate(NAMES)}
# One hour of all services is 1,440 samples, one service's six hours as many.
FLAGS = ["--query.max-samples=1000"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    folder = tmp_path_factory.mktemp("prometheus")
    with (folder / "past.om").open("w", encoding="utf-8") as out:
        series = {f'service_up{{service="{n}"}}': p.samples for n, p in PASTS.items()}
        write_openmetrics(out, series)
    create_blocks(folder, folder / "past.om")
    with running_prometheus(folder, flags=FLAGS) as prometheus:
        yield prometheus


@pytest.fixture
def client(server: Prometheus) -> Iterator[Client]:
    with Client(Settings(url=server.url)) as opened:
        yield opened


def test_questions_over_the_server_s_limit_are_split_until_they_fit(client: Client) -> None:
    sources = [Source(name) for name in NAMES]
    with pytest.raises(LimitError, match="too many samples"):
        client.instant("service_up[6h]", PERIOD.end, samples=True)
    found = raw(client, asks(sources, PERIOD))
    for name, expected in PASTS.items():
        (series,) = found[name]
        assert list(zip(series.times.tolist(), series.values.tolist(), strict=True)) == list(
            expected.samples
        )


def test_a_backfill_under_small_limits_is_exact(server: Prometheus, tmp_path: Path) -> None:
    book = catalogue(*NAMES, url=server.url)
    with (
        Client(book.prometheus) as client,
        Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger,
    ):
        backfill(Books(book, ledger), client, PERIOD, PERIOD.end)
        histories = ledger.histories(PERIOD)
    assert {n: h.outages for n, h in histories.items()} == {n: p.outages for n, p in PASTS.items()}


def test_what_no_split_can_make_small_enough_is_told(tmp_path: Path) -> None:
    with (
        running_prometheus(tmp_path, flags=["--query.max-samples=1"]) as tiny,
        Client(Settings(url=tiny.url)) as client,
        pytest.raises(LimitError, match=r"60 s of service s0 are over|vector"),
    ):
        raw(client, asks([Source("s0", "vector(1)", 1_000)], Interval(START, START + 120_000)))


def test_windows_hold_exactly_their_samples(client: Client) -> None:
    counted = scan(client, [Source("s0")], PERIOD, 3_600_000)
    (series,) = counted.series["s0"]
    times = [t for t, _ in PASTS["s0"].samples]
    expected = [sum(w.start <= t < w.end for t in times) for w in counted.windows]
    assert series.samples.tolist() == expected
    low = [
        any(w.start <= t < w.end and not v for t, v in PASTS["s0"].samples) for w in counted.windows
    ]
    assert series.low.tolist() == low


def test_prometheus_2_includes_the_left_edge(client: Client) -> None:
    assert client.closed_ranges


def test_a_wrong_query_is_told_in_one_line(client: Client) -> None:
    with pytest.raises(QueryError, match="parse error") as caught:
        client.instant("up{", START)
    assert "\n" not in str(caught.value)


def test_questions_are_asked_side_by_side_in_threads_that_stay() -> None:
    both, seen = threading.Barrier(2, timeout=30), set()

    def ask(question: int) -> int:
        seen.add(threading.get_ident())
        both.wait()
        return question * 10

    with Client(Settings(url="http://127.0.0.1:1"), connections=2) as client:
        assert list(client.side_by_side(ask, [1, 2, 3, 4])) == [10, 20, 30, 40]
        assert list(client.side_by_side(ask, [5, 6])) == [50, 60]
    assert len(seen) == 2


def test_a_question_without_an_answer_is_told_and_a_closed_client_may_ask_again() -> None:
    def ask(question: int) -> int:
        if question == 2:
            raise UnreachableError("gone")
        return question

    client = Client(Settings(url="http://127.0.0.1:1"), connections=2)
    for _ in range(2):
        found = client.side_by_side(ask, range(1_000))
        assert [next(found), next(found)] == [0, 1]
        with pytest.raises(UnreachableError):
            next(found)
        client.close()


def test_nobody_there_is_told() -> None:
    with (
        Client(Settings(url=f"http://127.0.0.1:{free_port()}")) as client,
        pytest.raises(UnreachableError, match="refused"),
    ):
        client.instant("up", START)


def test_somebody_else_there_is_told(server: Prometheus) -> None:
    with (
        Client(Settings(url=f"{server.url}/nonsense")) as client,
        pytest.raises(PrometheusError, match=r"404|not"),
    ):
        client.instant("up", START)


def test_an_answer_that_lacks_a_part_is_none(tmp_path: Path) -> None:
    """Prometheus answers with what it has, and a warning, where its remote storage is silent."""
    remote = f"http://127.0.0.1:{free_port()}/read"
    config = f"remote_read: [{{url: '{remote}', read_recent: true}}]\n"
    with (
        running_prometheus(tmp_path, config=config) as prometheus,
        Client(Settings(url=prometheus.url)) as client,
    ):
        assert client.instant("vector(1)", START).warnings == ()
        with pytest.raises(UnreachableError, match=r"not the whole answer: .*refused"):
            client.instant("up", START)


def test_a_warning_makes_an_answer_none_and_a_remark_on_the_query_does_not(tmp_path: Path) -> None:
    past = "# TYPE size gauge\nsize 1 1790812800\nsize 2 1790812815\n# EOF\n"
    newer = newer_program("prometheus")
    with (
        running_prometheus(tmp_path, openmetrics=past, program=newer) as prometheus,
        Client(Settings(url=prometheus.url)) as client,
    ):
        with pytest.raises(UnreachableError, match="not the whole answer: PromQL warning"):
            client.instant("quantile(2, size)", START + 15_000)
        answer = client.instant("rate(size[1m])", START + 15_000)
    assert [text[:12] for text in answer.warnings] == ["PromQL info:"]
    assert len(answer.series) == 1


@pytest.mark.parametrize("query", ["up[5m]", '"text"'])
def test_an_answer_of_another_kind_is_none(client: Client, query: str) -> None:
    with pytest.raises(UnreachableError, match="not a scalar or vector"):
        client.instant(query, START)


@pytest.mark.parametrize("release", RELEASES)
def test_what_refuses_partial_answers_elsewhere_does_no_harm_to_prometheus(
    tmp_path: Path, release: str
) -> None:
    with running_prometheus(tmp_path, program=RELEASES[release]("prometheus")) as prometheus:
        answers = {
            requests.post(
                f"{prometheus.url}/api/v1/query", data={"query": "vector(1)", "time": "1"} | more
            ).text
            for more in ({}, STRICT)
        }
    assert len(answers) == 1


def test_victoriametrics_takes_what_refuses_partial_answers(tmp_path: Path) -> None:
    samples = {'up{job="a"}': [(START, 1)]}
    with (
        running_victoria(tmp_path, samples) as url,
        Client(Settings(url=url)) as client,
    ):
        (series,) = client.instant("up", START).series
        server = client.now()
    assert series.values.tolist() == [1]
    assert server is not None
    assert abs(server - time.time() * 1000) < 5_000


def test_a_server_says_its_own_time(client: Client) -> None:
    server = client.now()
    assert server is not None
    assert abs(server - time.time() * 1000) < 5_000


def test_basic_auth_is_read_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("geheim\n")
    hashed = bcrypt.hashpw(b"geheim", bcrypt.gensalt(4)).decode()
    (tmp_path / "web.yml").write_text(f"basic_auth_users: {{ann: '{hashed}'}}\n")
    (tmp_path / "prometheus.yml").write_text("")
    listen = f"127.0.0.1:{free_port()}"
    command = [
        find_program("prometheus"),
        f"--config.file={tmp_path}/prometheus.yml",
        f"--storage.tsdb.path={tmp_path}/data",
        f"--web.listen-address={listen}",
        f"--web.config.file={tmp_path}/web.yml",
    ]
    ready = f"http://ann:geheim@{listen}/-/ready"
    auth = {"username": "ann", "password_file": tmp_path / "password"}
    url = f"http://{listen}"
    with running(command, ready_url=ready, log=tmp_path / "log"):
        with Client(Settings.model_validate({"url": url, "basic_auth": auth})) as client:
            assert client.instant("vector(1)", START).series[0].values.tolist() == [1]
        with (
            Client(Settings(url=url)) as client,
            pytest.raises(UnreachableError, match="Unauthorized"),
        ):
            client.instant("up", START)
