"""The whole stack on one machine: ``make run`` and ``make demo``.

It uses only the command lines of the programs and is not installed with them; imported by nobody,
run by make.
"""
