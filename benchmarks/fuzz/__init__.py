"""Fuzzers guided by coverage, one module per thing that is read: python -m benchmarks.fuzz TARGET.

They need atheris, which is no dependency of the project: ``pip install atheris`` into an
environment of its own. Each module has ``SEEDS``, ``WORDS`` and ``one_input``; nobody imports them
but `__main__` and the test that reads the corpora.
"""
