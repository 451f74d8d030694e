"""Slack's wire: calls, payloads and limits; imported by reports, slack_app and app."""
