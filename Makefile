# `make` alone lists the targets.
SHELL := bash
.DEFAULT_GOAL := help
PY := .venv/bin/python
# Else each of the hundred Pythons that the tests start compiles everything anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  \033[1m%-12s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run-setup dev-setup
run-setup:
	@scripts/programs python prometheus alertmanager
	@scripts/venv run

dev-setup:
	@scripts/programs python prometheus promtool alertmanager amtool systemd-analyze ps redis-server prometheus-blackbox-exporter prometheus-node-exporter dbus-daemon postgres pdftotext pango letters \
		mariadbd dropbear dovecot exim4 chronyd nginx libfaketime
	@scripts/newer prometheus promtool victoria-metrics
	@scripts/venv dev

.PHONY: run
run: run-setup ## start Prometheus, Alertmanager, exporter and engine on this machine (Ctrl-C stops)
	@exec $(PY) -m stack run

.PHONY: reload
reload: run-setup ## have what `make run` started read services.yml again
	@$(PY) -m stack reload

.PHONY: demo
demo: run-setup ## the whole story in three minutes: outages, notices, report
	@$(PY) -m stack demo

.PHONY: lint
lint: dev-setup ## ruff, format, mypy, imports, Prometheus rules
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@.venv/bin/lint-imports --no-logo
	@promtool check rules alert_rules/*.rules.yml
	@amtool check-config alert_rules/alertmanager.yml

.PHONY: test
test: ## lint and every test, side by side
	@$(MAKE) --no-print-directory --jobs=2 lint tests

.PHONY: tests
tests: dev-setup ## every test; three files at a time, since many wait for real programs
	@# Compiled once, not once a worker; not at all where no test changed since.
	@test -z "$$(find tests -name '*.py' -newer tests/__pycache__/compiled 2>&1)" || \
		{ $(PY) -m pytest --collect-only --quiet >/dev/null && touch tests/__pycache__/compiled; }
	@$(PY) -m pytest -n 3 --dist loadfile --no-loadscope-reorder

.PHONY: lock
lock: dev-setup ## write locks/ anew with the newest packages that pyproject.toml allows
	@$(PY) -m deploy.lock --upgrade

.PHONY: test-latest
test-latest: dev-setup ## every test on the newest packages that pyproject.toml allows, whatever the locks hold
	@scripts/venv-latest
	@.venv-latest/bin/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: fuzz
fuzz: dev-setup ## fuzz catalogues, feeds, answers of Prometheus and Slack, ten minutes each (needs atheris)
	@for target in documents feeds prometheus slack; do $(PY) -m benchmarks.fuzz $$target --seconds 600 || exit 1; done

.PHONY: faults
faults: dev-setup ## every promise under fire against real programs: kill -9, Prometheus, databases, clock, clients, Slack
	@$(PY) -m benchmarks.faults --write

.PHONY: dashboards
dashboards: dev-setup ## write the Grafana dashboards and docs/dashboards.md from their builders
	@$(PY) -m grafana_dashboards

.PHONY: reference
reference: dev-setup ## write docs/services.yml.md and the JSON Schema of services.yml from the catalogue's models
	@$(PY) -m deploy.reference

.PHONY: manifests
manifests: run-setup ## print the Kubernetes manifests (make -s manifests | kubectl apply -f -)
	@$(PY) -m deploy.manifests $(wildcard services.yml)

.PHONY: format
format: dev-setup ## let ruff format and mend what it can
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

.PHONY: clean
clean: ## remove what was built and the data of make run
	@rm -rf .venv .venv-latest .newer var build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
