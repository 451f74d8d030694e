"""The event loop's networking: names, HTTP transfers, sockets; imported by probes and services."""
