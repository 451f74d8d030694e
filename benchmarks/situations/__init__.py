"""Nights that are lived through: Prometheus, Alertmanager and engine, beside Sloth's rules."""
