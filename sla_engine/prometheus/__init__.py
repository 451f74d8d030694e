"""Every word that the engine exchanges with Prometheus."""
