"""Helpers that give all dashboards one style; imported by the dashboards."""
