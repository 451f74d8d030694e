"""`report --discover` on servers as people have them, each judged by the audit's oracle."""
