"""The Grafana dashboards: builders, and the JSON that ``make dashboards`` prints from them."""
