"""The whole stack on one machine: ``make run`` and ``make demo``.

It lives beside the product, uses only its command lines, and is not installed with it.
"""
