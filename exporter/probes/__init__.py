"""Probes, one file per type."""
