"""Real programs, started by the tests on free ports with data in a temporary folder."""
