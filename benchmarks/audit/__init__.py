"""Random worlds whose figures an oracle judges; `python -m benchmarks.audit` runs them."""
