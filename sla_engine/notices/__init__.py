"""What is told (registry), when and to whom, and in which words; imported by app and slack_app."""
