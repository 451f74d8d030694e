"""Slack's wire: calls, payloads and limits; imported by notices, slack_app and app."""
