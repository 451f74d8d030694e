"""The style: small helpers, so that a dashboard reads like a table of contents."""
