"""What is probed, when, and what is known of it; imported by the exporter's app and server."""
