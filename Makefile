# make demo    everything at once: environment, servers, demo company; Ctrl-C stops it
# make test    everything that CI runs
PY   ?= python3
PORT ?= 8000
V    := .venv/bin
APPS := orchestrator contacts consent journeys reporting
TYPED = $(shell find $(APPS) -name rules.py -o -name queries.py -o -name operations.py -o -path '*/kernel/*.py')
PO   := $(wildcard orchestrator/locale/*/LC_MESSAGES/*.po)
export PORT
unexport PYTHONDONTWRITEBYTECODE # every process would read all of Django as source: two seconds each

.PHONY: help setup demo run test check bench soak soak-small storm messages lock
help:
	@echo "make demo    the product with a demo company on http://127.0.0.1:$(PORT)/ (PORT=... for another port)"
	@echo "make run     the web server alone, on the database of DATABASE_URL"
	@echo "make test    lint, types, contracts, migrations, translations, all tests"
	@echo "make check   the same without the tests"
	@echo "make bench   measure speed"
	@echo "make soak    5,000 long histories in which nobody may be written to without consent (hours; docs/guide/soak.md)"
	@echo "make storm   3,000 runs while 40 workers and the database are killed: nothing lost, nothing doubled (docs/guide/soak.md)"
	@echo "make messages / make lock    collect texts for translation / renew the lock files"

setup: .venv/.stamp static/vendor/.lock .venv/.messages

# uv comes first, by its own hashes in the same lock; where it does not run, pip does the same more slowly
.venv/.stamp: requirements.lock
	@$(PY) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed: make PY=python3.11 ...")'
	test -x $(V)/python || $(PY) -m venv .venv
	awk '/^[^ #]/ {own = /^uv==/} own' requirements.lock > .venv/uv.lock
	if $(V)/python -m pip install -q --disable-pip-version-check --require-hashes -r .venv/uv.lock; \
	 then VIRTUAL_ENV=$(CURDIR)/.venv $(V)/uv pip install -q --require-hashes -r requirements.lock; \
	 else $(V)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock; fi
	touch $@

static/vendor/.lock: static/package-lock.json orchestrator/kernel/assets.py .venv/.stamp
	$(V)/python -m orchestrator.kernel.assets

.venv/.messages: $(PO) .venv/.stamp
	$(V)/python manage.py messages --compile
	touch $@

demo: setup
	@exec $(V)/python -m orchestrator.demo

run: setup
	@exec $(V)/gunicorn orchestrator.wsgi -b 127.0.0.1:$(PORT) -k gthread -w 2 --threads 4 --no-control-socket

check: setup
	$(V)/ruff check .
	$(V)/ruff format --check .
	$(V)/mypy $(TYPED)
	$(V)/lint-imports
	$(V)/python -m orchestrator.kernel.withdb $(V)/python manage.py makemigrations --check --dry-run
	$(V)/python manage.py messages --check

test: check
	$(V)/python -m pytest -n 2 --dist worksteal

bench: setup
	$(V)/python -m tests.bench

soak-small: setup
	CHAOS_RUNS=300 CHAOS_STEPS=40 CHAOS_PARTS=2 EVERY_CASE=1 \
	  $(V)/python -m pytest -n 2 tests/chaos $(shell grep -rl --include="*.py" "import size$$" tests)

soak: setup
	mkdir -p var
	STORM=full CHAOS_RUNS=$(or $(RUNS),5000) CHAOS_STEPS=$(or $(STEPS),80) CHAOS_SEED=$(or $(SEED),$(shell date +%s)) CHAOS_PARTS=20 CHAOS_REPORT=var/soak.jsonl \
	  $(V)/python -m pytest -n 2 tests/chaos

storm: setup
	STORM=full STORM_SEEDS=$(or $(SEEDS),1) $(V)/python -m pytest -n 0 tests/chaos/storm

messages: setup
	$(V)/python manage.py messages

lock: .venv/.stamp
	$(V)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-annotate --no-emit-index-url --no-emit-find-links -q -o requirements.lock
	cd static && npm install --package-lock-only --ignore-scripts
