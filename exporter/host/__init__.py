"""This host's health: runs the collectors; imported by the exporter's app and server."""
