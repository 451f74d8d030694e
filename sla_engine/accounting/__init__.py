"""Outages to figures; imported by notices, measurement and what stands above."""
