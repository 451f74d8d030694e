"""What both programs share: documents, logs, flags, web server; imported by all but dashboards."""

__version__ = "0.1.0"
