"""The exporter: this host's health and the services' probes; imported by nobody."""
