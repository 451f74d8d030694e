"""How a dashboard speaks PromQL."""

MINE = 'service=~"$service"'


def each(metric: str, *by: str, matchers: str = MINE) -> str:
    """Return one series per ``by`` (default: service): replicas of engine and exporter fold."""
    return f"max by ({', '.join(by or ('service',))}) ({metric}{{{matchers}}})"


def windowed(metric: str, *by: str, window: str = "$window", more: str = "") -> str:
    """Return one engine metric over one window, one series per service (and ``by``)."""
    return each(metric, "service", *by, matchers=f'{MINE}, window="{window}"{more}')


def worst(metric: str) -> str:
    """Return the least value of each step, so that a short outage shows at every zoom."""
    return f"min by (service) (min_over_time({metric}{{{MINE}}}[$__interval]))"


def most(metric: str) -> str:
    """Return the greatest value of each step."""
    return f"max by (service) (max_over_time({metric}{{{MINE}}}[$__interval]))"


def last(metric: str) -> str:
    """Return the last value of each step, so that what ended inside it shows all the same."""
    return f"max by (service) (last_over_time({metric}{{{MINE}}}[$__interval]))"
