"""The composition root of the engine: here clock, environment and sockets are born."""
