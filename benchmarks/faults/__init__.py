"""Every promise under fire as a case against real programs: ``python -m benchmarks.faults``.

A module per group of faults; `world` has what all need: a target whose state is known, Prometheus,
the engine as a process, a local Slack. Nobody imports this but its `__main__` and a test.
"""
