"""Series labels and rules -> services that could be judged by them; imported by app, commands."""
