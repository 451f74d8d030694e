"""What is told, when and to whom; imported by app and slack_app."""
