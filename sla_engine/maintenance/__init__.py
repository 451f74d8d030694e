"""Planned work: requests, windows, feeds, silences; imported by accounting and above."""
