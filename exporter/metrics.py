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
TLS_CIPHER = gauge(
    "service_tls_cipher_info", "Constant 1; the label tells the cipher suite.", *_PROBE, "cipher"
)
TLS_CERTIFICATE = gauge(
    "service_tls_certificate_info",
    "Constant 1; the labels tell about the server's certificate.",
    *_PROBE,
    "subject",
    "issuer",
    "alternative",
    "serial",
    "fingerprint_sha256",
)
IP_PROTOCOL = gauge("service_probe_ip_protocol", "IP protocol of the last address.", *_PROBE)
HTTP_VERSION = gauge("service_http_version", "HTTP version of the last answer.", *_PROBE)
HTTP_TLS = gauge("service_http_tls", "Whether the last answer came by TLS.", *_PROBE)
HTTP_LENGTH = gauge(
    "service_http_content_length_bytes", "Content-Length of the last answer.", *_PROBE
)
HTTP_BODY = gauge("service_http_body_bytes", "Bytes of the last body, decompressed.", *_PROBE)
HTTP_MODIFIED = gauge(
    "service_http_last_modified_timestamp_seconds", "Last-Modified of the last answer.", *_PROBE
)
GRPC_STATUS = gauge("service_grpc_status_code", "gRPC status of the last answer.", *_PROBE)
GRPC_TLS = gauge("service_grpc_tls", "Whether the last answer came by TLS.", *_PROBE)
GRPC_STATE = gauge("service_grpc_state_info", "1 for what the server said last.", *_PROBE, "state")
DNS_AUTHORITY = gauge("service_dns_authority_records", "Authority records.", *_PROBE)
DNS_ADDITIONAL = gauge("service_dns_additional_records", "Additional records.", *_PROBE)
DNS_SERIAL = gauge("service_dns_serial", "Serial of the SOA record in the last answer.", *_PROBE)
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
    TLS_CIPHER,
    TLS_CERTIFICATE,
    IP_PROTOCOL,
    HTTP_VERSION,
    HTTP_TLS,
    HTTP_LENGTH,
    HTTP_BODY,
    HTTP_MODIFIED,
    GRPC_STATUS,
    GRPC_TLS,
    GRPC_STATE,
    DNS_SERIAL,
    DNS_AUTHORITY,
    DNS_ADDITIONAL,
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
DEBUG_LOOKUP: Final = gauge("probe_dns_lookup_time_seconds", "How long the name's lookup took.")
DEBUG_REGEX: Final = gauge("probe_failed_due_to_regex", "Whether an expression was the reason.")
DEBUG_DNS_ANSWERED: Final = gauge("probe_dns_query_succeeded", "Whether the server answered.")
DEBUG_PHASES: Final = {
    "http": gauge("probe_http_duration_seconds", "Duration by phase.", "phase"),
    "icmp": gauge("probe_icmp_duration_seconds", "Duration by phase.", "phase"),
    "dns": gauge("probe_dns_duration_seconds", "Duration by phase.", "phase"),
    "grpc": gauge("probe_grpc_duration_seconds", "Duration by phase.", "phase"),
}
DEBUG_NAMES: Final = {
    IP_PROTOCOL: gauge("probe_ip_protocol", IP_PROTOCOL.help),
    HTTP_STATUS: gauge("probe_http_status_code", HTTP_STATUS.help),
    HTTP_REDIRECTS: gauge("probe_http_redirects", HTTP_REDIRECTS.help),
    HTTP_TLS: gauge("probe_http_ssl", HTTP_TLS.help),
    HTTP_VERSION: gauge("probe_http_version", HTTP_VERSION.help),
    HTTP_LENGTH: gauge("probe_http_content_length", HTTP_LENGTH.help),
    HTTP_BODY: gauge("probe_http_uncompressed_body_length", HTTP_BODY.help),
    HTTP_MODIFIED: gauge("probe_http_last_modified_timestamp_seconds", HTTP_MODIFIED.help),
    TLS_PRESENTED_EXPIRY: gauge("probe_ssl_earliest_cert_expiry", TLS_PRESENTED_EXPIRY.help),
    TLS_EXPIRY: gauge("probe_ssl_last_chain_expiry_timestamp_seconds", TLS_EXPIRY.help),
    TLS_CERTIFICATE: gauge(
        "probe_ssl_last_chain_info",
        TLS_CERTIFICATE.help,
        "subject",
        "issuer",
        "subjectalternative",
        "serialnumber",
        "fingerprint_sha256",
    ),
    TLS_VERSION: gauge("probe_tls_version_info", TLS_VERSION.help, "version"),
    TLS_CIPHER: gauge("probe_tls_cipher_info", TLS_CIPHER.help, "cipher"),
    DNS_RECORDS: gauge("probe_dns_answer_rrs", DNS_RECORDS.help),
    DNS_SERIAL: gauge("probe_dns_serial", DNS_SERIAL.help),
    DNS_AUTHORITY: gauge("probe_dns_authority_rrs", DNS_AUTHORITY.help),
    DNS_ADDITIONAL: gauge("probe_dns_additional_rrs", DNS_ADDITIONAL.help),
    GRPC_STATUS: gauge("probe_grpc_status_code", GRPC_STATUS.help),
    GRPC_TLS: gauge("probe_grpc_ssl", GRPC_TLS.help),
    GRPC_STATE: gauge("probe_grpc_healthcheck_response", GRPC_STATE.help, "serving_status"),
}
"""Of /probe alone, under blackbox_exporter's names; those of `DEBUG_NAMES` in place of ours."""

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
