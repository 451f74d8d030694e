"""Every metric name of the engine, and nowhere else."""
