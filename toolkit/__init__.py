"""What every process shares: documents with line numbers, logs, flags, the web server."""
