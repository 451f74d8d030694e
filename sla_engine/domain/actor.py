"""People as the ledger names them: by a login of the command line, or by their id in Slack."""

import re

_SLACK = re.compile(r"(slack:[A-Z0-9]+)(?: \((.*)\))?")


def slack_author(user: str, name: str) -> str:
    """Return the author's name of a Slack user: the stable id, and how people know it."""
    return f"slack:{user} ({name})" if name else f"slack:{user}"


def shown(author: str) -> str:
    """Return an author as people read it."""
    found = _SLACK.fullmatch(author)
    return (found and found[2]) or author


def same(one: str, other: str) -> bool:
    """Say whether two authors are, or may be, one person.

    Of two Slack users the ids decide, as names change. Elsewhere a login is compared with the name
    in Slack: four eyes are not two that have an account in each.
    """
    first, second = _SLACK.fullmatch(one), _SLACK.fullmatch(other)
    if first and second:
        return first[1] == second[1]
    return shown(one).casefold() == shown(other).casefold()
