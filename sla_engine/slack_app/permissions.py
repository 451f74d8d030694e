"""Who may act: the members of the configured user groups, asked of Slack now and then."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sla_engine.slack.replies import SlackError

EXPIRY = 60_000
"""How long a group's members are believed (ms): so long somebody who left it may still act."""


@dataclass
class Permissions:
    """``fetch`` returns the user ids of a group or raises SlackError; ``clock`` is ms UTC."""

    groups: Sequence[str]
    fetch: Callable[[str], frozenset[str]]
    clock: Callable[[], int]
    _known: dict[str, tuple[int, frozenset[str]]] = field(default_factory=dict)

    def holds(self, user: str) -> bool:
        """Say whether a user is in any of the groups.

        Raises:
            SlackError: no group that could be read has them, and one could not be read.
        """
        failure = None
        for group in self.groups:
            try:
                if user in self._members(group):
                    return True
            except SlackError as error:
                failure = error
        if failure is not None:
            raise failure
        return False

    def _members(self, group: str) -> frozenset[str]:
        asked, members = self._known.get(group, (None, frozenset[str]()))
        now = self.clock()
        if asked is None or not 0 <= now - asked < EXPIRY:
            members = self.fetch(group)
            self._known[group] = now, members
        return members
