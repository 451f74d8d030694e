"""Every metric of the exporter's services and of its own health, and nowhere else."""

from typing import Final

from uptime_common.exposition import Metric, counter, gauge, histogram

_PROBE = ("service", "probe", "target", "location")

SERVICE_UP = gauge(
    "service_up",
    "Whether the quorum of the service's probes is met; no series while that is unknown.",
    "service",
    "location",
)
SUCCESS = gauge("service_probe_success", "Whether the last run found all as expected.", *_PROBE)
DURATION = gauge(
    "service_probe_duration_seconds", "Duration of the last run by phase.", *_PROBE, "phase"
)
FAILURES = counter(
    "service_probe_failures_total", "Failed attempts, retried ones included.", *_PROBE, "reason"
)
LAST_RUN = gauge("service_probe_last_run_timestamp_seconds", "Start of the last run.", *_PROBE)
HTTP_STATUS = gauge("service_http_status_code", "Status of the last HTTP answer.", *_PROBE)
TLS_EXPIRY = gauge(
    "service_tls_certificate_expiry_timestamp_seconds",
    "When the first certificate of the verified chain expires.",
    *_PROBE,
)
TLS_PRESENTED_EXPIRY = gauge(
    "service_tls_presented_chain_expiry_timestamp_seconds",
    "When the first certificate that the server sent expires, needed or not.",
    *_PROBE,
)

HTTP_REDIRECTS = gauge("service_http_redirects", "Redirects of the last answer.", *_PROBE)
TLS_VERSION = gauge(
    "service_tls_version_info", "Constant 1; the label tells the TLS version.", *_PROBE, "version"
)
DNS_RECORDS = gauge("service_dns_answer_records", "Records of the type asked for.", *_PROBE)
ICMP_LOSS = gauge("service_icmp_loss_ratio", "Echo requests without an answer.", *_PROBE)
ICMP_RTT = gauge(
    "service_icmp_round_trip_seconds", "Mean round trip of the last echo requests.", *_PROBE
)
NTP_OFFSET = gauge(
    "service_ntp_offset_seconds", "The server's clock less this host's, delay halved.", *_PROBE
)
NTP_STRATUM = gauge("service_ntp_stratum", "Steps from the server to a reference clock.", *_PROBE)
FILE_MODIFIED = gauge(
    "service_file_modified_timestamp_seconds", "When the newest file was last changed.", *_PROBE
)
FILE_SIZE = gauge("service_file_size_bytes", "Size of the newest file.", *_PROBE)
PROCESSES = gauge("service_processes", "Processes that match.", *_PROBE)
COMMAND_VALUE = gauge(
    "service_command_value",
    "Performance data of a plug-in, in its base unit.",
    *_PROBE,
    "value",
    "unit",
)

MEASURES: Final = (
    HTTP_STATUS,
    HTTP_REDIRECTS,
    TLS_EXPIRY,
    TLS_PRESENTED_EXPIRY,
    TLS_VERSION,
    DNS_RECORDS,
    ICMP_LOSS,
    ICMP_RTT,
    NTP_OFFSET,
    NTP_STRATUM,
    FILE_MODIFIED,
    FILE_SIZE,
    PROCESSES,
    COMMAND_VALUE,
)
"""What a probe may measure beside its verdict."""

PROBE_METRICS: Final = (
    SUCCESS,
    DURATION,
    *MEASURES,
    LAST_RUN,
    FAILURES,
)
DEBUG_SUCCESS: Final = gauge("probe_success", "Whether the probe asked for succeeded.")
DEBUG_DURATION: Final = gauge("probe_duration_seconds", "How long the probe asked for took.")
"""Of /probe alone, under blackbox_exporter's names."""

INFO_LABELS: Final = ("service", "name", "owner", "tier")
INFO_NAME: Final = "service_info"
INFO_HELP: Final = "Constant 1; the labels tell about the service."


def service_info(labels: tuple[str, ...]) -> Metric:
    """Return the metric that tells about services of these labels beyond `INFO_LABELS`."""
    return gauge(INFO_NAME, INFO_HELP, *INFO_LABELS, *labels)


BUILD: Final = gauge(
    "sla_exporter_build_info", "Constant 1; the label tells the version.", "version"
)
LATENESS: Final = histogram(
    "sla_exporter_probe_lateness_seconds", "How long after its turn a probe started."
)
LATENESS_BOUNDS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)
LOADED_AT: Final = gauge(
    "sla_exporter_config_last_reload_success_timestamp_seconds",
    "When the catalogue was last loaded.",
)
LOADED_WELL: Final = gauge(
    "sla_exporter_config_last_reload_successful",
    "Whether the last attempt to load the catalogue succeeded.",
)
TARGETS: Final = gauge("sla_exporter_targets", "Probes of the catalogue.")
RUNNING: Final = gauge("sla_exporter_probes_running", "Runs under way.")
SKIPPED: Final = counter(
    "sla_exporter_probes_skipped_total",
    "Turns skipped because the run before had not ended.",
)
HINDERED: Final = counter(
    "sla_exporter_probes_hindered_total",
    "Runs without a verdict, by what of the exporter's own kept it from one.",
    "cause",
)
VIRTUAL_MEMORY: Final = gauge("process_virtual_memory_bytes", "Virtual memory size in bytes.")
RESIDENT_MEMORY: Final = gauge("process_resident_memory_bytes", "Resident memory size in bytes.")
START_TIME: Final = gauge(
    "process_start_time_seconds", "Start time of the process since unix epoch in seconds."
)
CPU_SECONDS: Final = counter(
    "process_cpu_seconds_total", "Total user and system CPU time spent in seconds."
)
OPEN_FDS: Final = gauge("process_open_fds", "Number of open file descriptors.")
MAX_FDS: Final = gauge("process_max_fds", "Maximum number of open file descriptors.")
VIRTUAL_MEMORY_MAX: Final = gauge(
    "process_virtual_memory_max_bytes", "Maximum amount of virtual memory available in bytes."
)
PROCESS: Final = (
    VIRTUAL_MEMORY,
    VIRTUAL_MEMORY_MAX,
    RESIDENT_MEMORY,
    START_TIME,
    CPU_SECONDS,
    OPEN_FDS,
    MAX_FDS,
)
"""Of the process itself, under the names of every Prometheus client."""

RESERVED: Final = (
    SERVICE_UP,
    *PROBE_METRICS,
    service_info(()),
    BUILD,
    LATENESS,
    LOADED_AT,
    LOADED_WELL,
    TARGETS,
    RUNNING,
    SKIPPED,
    *PROCESS,
)
"""All that stands on /metrics beside the host's."""
