"""The command line of sla-exporter."""


def main() -> int:
    """Run the exporter; return the exit code."""
    raise NotImplementedError
