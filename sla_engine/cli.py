"""The command line of sla-engine."""


def main() -> int:
    """Run the engine; return the exit code."""
    raise NotImplementedError
