"""The whole story in three minutes: two real services fail, one of them as planned."""
