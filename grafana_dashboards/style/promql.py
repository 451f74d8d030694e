"""How a dashboard speaks PromQL."""

MINE = 'service=~"$service"'
RANK = "_rank"  # sorts before every label of ours


def each(metric: str, *by: str, matchers: str = MINE) -> str:
    """Return one series per ``by`` (default: service): replicas of engine and exporter fold."""
    return f"max by ({', '.join(by or ('service',))}) ({metric}{{{matchers}}})"


def ordered(ranking: str, expr: str, *by: str) -> str:
    """Return the series of ``expr`` that ``ranking`` returns, the lowest rank first.

    Prometheus answers a range in the order of labels: the rank becomes the first of them. One is
    added, so that ranks from 0 to 1 sort as text: "1", "1.98", "2". ``by`` default: service.
    """
    labels = ", ".join(by or ("service",))
    ranks = f'count_values by ({labels}) ("{RANK}", 1 + ({ranking}))'
    return f"({expr}) * on ({labels}) group_left ({RANK}) {ranks}"


def ahead(how: str, metric: str, matchers: str = MINE) -> str:
    """Return ``how`` (min, max) of the time from each step to the next, which a bar is drawn for.

    A range looks back from its step, and the bar of a step reaches forward from it.
    """
    return f"{how}_over_time({metric}{{{matchers}}}[$__interval] offset -$__interval)"


def most(metric: str) -> str:
    """Return the greatest value of each step, so that a short one shows at every zoom."""
    return f"max by (service) ({ahead('max', metric)})"


def last(metric: str) -> str:
    """Return the last value of each step, so that what ended inside it shows all the same."""
    return f"max by (service) (last_over_time({metric}{{{MINE}}}[$__interval]))"
