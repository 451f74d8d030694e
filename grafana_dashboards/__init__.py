"""The Grafana dashboards: builders, and their JSON; run by make, imported by nobody."""
