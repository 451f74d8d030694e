"""The event loop's networking: names, HTTP transfers, sockets."""
