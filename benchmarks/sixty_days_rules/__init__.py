"""Sixty days of an invented estate under the shipped alert rules."""
