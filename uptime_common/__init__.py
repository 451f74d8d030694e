"""What both programs share: documents, logs, flags, HTTP; imported by all but domain."""

__version__ = "0.1.0"
