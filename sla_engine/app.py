"""The composition root of the engine."""
