"""What people do from Slack; imported by app."""
