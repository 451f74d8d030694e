"""Where the Dashboard button of a notification leads: Alertmanager's template of panels."""

from grafana_dashboards.alert_rule import rules

_HEAD = """\
{{/* The panel of each alert rule on the page of alerts. Written by `make dashboards`. */}}
{{ define "uptime.panel" -}}
{{ $rule := printf "%s %s" .CommonLabels.alertname .CommonLabels.severity }}
"""


def template() -> str:
    """Return the template "uptime.panel": the number of a notification's panel, or nothing."""
    word, lines = "if", list[str]()
    for rule in rules():
        lines.append(f'{{{{- {word} eq $rule "{rule.key}" }}}}{rule.panel}\n')
        word = "else if"
    return _HEAD + "".join(lines) + "{{- end }}\n{{- end }}\n"
