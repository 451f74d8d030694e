"""The exporter: this host's health and the services' probes, as Prometheus metrics."""
