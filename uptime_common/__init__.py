"""What every process shares: documents with line numbers, logs, flags, the web server."""

__version__ = "0.1.0"
