# Two commands matter: `make run` starts the product, `make test` checks it. Both set up what they
# need in .venv first, and skip that when nothing changed.

export UV_PYTHON_DOWNLOADS := never
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1
# Empty is unset: where it is set, each of some hundred processes of a test run compiles everything
# that it imports anew, which takes longer than all the rest of its start.
export PYTHONDONTWRITEBYTECODE :=

BIN := .venv/bin
PYTHONS := python3 python3.13 python3.12 python3.11 python3.14
OURS := flowengine connectors web workers migrations tests

.DEFAULT_GOAL := help
.PHONY: help run quick test walks lint deep fuzz bench screenshots golden lock baileys clean

help: ## say what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## /  make \1\t/' | expand -t 16

run: .venv/.runtime ## start Flowengine here: database, workers and web in one process
	@exec $(BIN)/flowengine up

quick: .venv/.dev ## the tests that need no server: what a conversation does (fewer examples a property)
	@HYPOTHESIS_PROFILE=quick $(BIN)/python -m pytest -q -n 2 --dist worksteal -m "not slow" tests/flowengine

test: lint ## check everything that a pull request must pass
	@$(BIN)/python -m pytest -q -n 4 --dist worksteal -m "not slow and not walk"

walks: .venv/.dev ## flows drawn and published by hand, every page by axe-core, linked phones: what a pull request must pass beside it
	@$(BIN)/python -m pytest -q -n 2 --dist worksteal -m "walk and not slow"

lint: .venv/.dev ## style, types and layers only
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet . || { echo "→ .venv/bin/ruff format . mends this"; exit 1; }
	@$(BIN)/pyright
	@$(BIN)/lint-imports --no-logo --cache-dir .venv/.imports

deep: lint ## the slow tests too: more examples, longer storms
	@HYPOTHESIS_PROFILE=deep $(BIN)/python -m pytest -q

SECONDS ?= 600
fuzz: .venv/.dev ## feed the engine nonsense for ten minutes (SECONDS=60 for one); no crash, nothing over 50 ms
	@$(BIN)/python -m tests.fuzz $(SECONDS)

bench: .venv/.runtime ## how fast it is on this machine
	@$(BIN)/flowengine bench engine
	@$(BIN)/flowengine bench durable

SCREENSHOTS ?= screenshots
screenshots: .venv/.dev ## pictures of every page, three widths, both themes (SCREENSHOTS=folder)
	@$(BIN)/python -m tests.pages $(SCREENSHOTS)

golden: .venv/.dev ## write the expected results again; read the diff before you commit it
	@$(BIN)/python -m pytest -q --update || true
	@git diff --stat -- tests examples

# The locks name no host and no path, so that they work with any index.
LOCK = env -u PIP_FIND_LINKS -u UV_FIND_LINKS $(BIN)/uv pip compile pyproject.toml --quiet --universal \
	--python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header

lock: .venv/.dev ## resolve the dependencies of pyproject.toml again
	@$(LOCK) -o requirements.txt
	@$(LOCK) -o requirements-production.txt --extra traces --extra rabbitmq -c requirements.txt
	@$(LOCK) -o requirements-dev.txt --group dev -c requirements-production.txt
	@! grep -n '://' requirements.txt requirements-production.txt requirements-dev.txt
	@echo "→ locked; run make test"

baileys: ## install what linked numbers need (Node.js 20.6 or later has to be there): docs/baileys.md
	@command -v npm >/dev/null || { echo "→ Node.js 20.6 or later, with npm, is missing"; exit 1; }
	@cd connectors/baileys/service && npm ci --ignore-scripts --omit=dev --no-audit --no-fund

clean: ## remove what was installed and cached here; the data folder stays
	@rm -rf .venv .pytest_cache .ruff_cache .hypothesis .import_linter_cache dist build
	@find $(OURS) -name __pycache__ -type d -prune -exec rm -rf {} +

# --- set-up ---------------------------------------------------------------------------------

.venv/.made:
	@if $(BIN)/python -c 'import pip' 2>/dev/null; then touch $@; exit 0; fi; \
	old= bare=; for python in $(PYTHONS); do \
	  version=$$($$python -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue; \
	  $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { old=$$version; continue; }; \
	  $$python -c 'import ensurepip, venv' 2>/dev/null || { bare=$$version; continue; }; \
	  echo "→ Python $$version, in .venv"; $$python -m venv .venv && touch $@; exit; \
	done; \
	if [ -n "$$bare" ]; then echo "Python $$bare lacks its venv module; on Debian or Ubuntu: apt-get install python$$bare-venv"; \
	elif [ -n "$$old" ]; then echo "Flowengine needs Python 3.11 or newer; the one here is $$old"; \
	else echo "Flowengine needs Python 3.11 or newer; none was found"; fi >&2; exit 1

# uv (its own pin and hashes come from the dev lock) installs in seconds what takes pip half a
# minute. Where uv cannot be had, or does not know this machine's index, pip does the same work.
# $(1) = the lock file.
define install
	@echo "→ installing the packages of $(1)"
	@awk '/^[a-z]/ { ours = /^uv==/ } ours' requirements-dev.txt > .venv/uv.txt
	@$(BIN)/python -m pip install -q --require-hashes --only-binary :all: -r .venv/uv.txt >.venv/install.log 2>&1; \
	{ $(BIN)/python -m uv pip install -q --python $(BIN)/python --require-hashes --no-build -r $(1) && \
	  $(BIN)/python -m uv pip install -q --python $(BIN)/python --no-deps --no-build-isolation -e . ; } >>.venv/install.log 2>&1 || \
	{ echo "→ uv could not (.venv/install.log says why); pip takes longer" && \
	  $(BIN)/python -m pip install -q --require-hashes --only-binary :all: -r $(1) && \
	  $(BIN)/python -m pip install -q --no-deps --no-build-isolation -e . ; }
endef

.venv/.runtime: .venv/.made requirements.txt pyproject.toml
	$(call install,requirements.txt)
	@touch $@

# The dev lock holds the runtime lock's packages too, at the same versions.
.venv/.dev: .venv/.made requirements.txt requirements-dev.txt pyproject.toml
	$(call install,requirements-dev.txt)
	@touch .venv/.runtime $@
