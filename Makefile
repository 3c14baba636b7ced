# `make demo` and `make test` set themselves up; bare `make` is what CI runs.
# `make torture SECONDS=300 STORE=postgres SEED=7` runs longer than the tests do, and with
# PROVIDER=google|radicale|xandikos on calendars that are connected; so does
# `make torture-hosted ACTS=1000 BACKEND=talkover SEED=7`.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
PORT ?= 8080
ROUNDS ?= 1000
SECONDS ?= 60
STORE ?= sqlite
SEED ?=
PROVIDER ?=
ACTS ?= 1000
AT_ONCE ?= 3
BACKEND ?= talkover

.PHONY: ci demo serve inspect test races torture torture-hosted score peers lint types generate generated bench sizes clean

ci: lint types generated test peers

demo: .venv/.runs
	@$(BIN)/sched-agent demo

serve: .venv/.runs
	$(BIN)/sched-agent serve --port $(PORT)

inspect: .venv/.develops
	PATH="$(CURDIR)/$(BIN):$$PATH" npx -y @modelcontextprotocol/inspector@2.12.0 $(BIN)/sched-agent mcp

test: .venv/.develops
	$(BIN)/pytest -n $(AT_ONCE) --dist worksteal

races: .venv/.develops
	SCHED_AGENT_TEST_ROUNDS=$(ROUNDS) $(BIN)/pytest tests/contracts/test_one_winner.py --durations=0

torture: .venv/.develops
	$(BIN)/python -m tests.faults.$(if $(PROVIDER),provider_torture --provider $(PROVIDER),torture) \
		--seconds $(SECONDS) --store $(STORE) --seed "$(SEED)"

torture-hosted: .venv/.develops
	$(BIN)/python -m tests.backends.torture --acts $(ACTS) --backend $(BACKEND) --seed "$(SEED)"

score: .venv/.develops
	$(BIN)/python -m tests.speech.score

peers: .venv/.develops
	$(BIN)/pytest tests/peers

lint: .venv/.develops
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports

types: .venv/.develops
	$(BIN)/mypy

generate: .venv/.develops
	$(BIN)/cog -r docs/tools.md docs/errors.md docs/settings.md docs/backends.md
	$(BIN)/sched-agent tools --toolsets booking,admin > tools.json

generated: .venv/.develops
	$(BIN)/cog --check docs/tools.md docs/errors.md docs/settings.md docs/backends.md
	$(BIN)/sched-agent tools --toolsets booking,admin | diff - tools.json

bench: .venv/.develops
	$(BIN)/python -m bench

sizes:
	@git ls-files 'src/*.py' 'tests/*.py' | xargs wc -l | sort -rn | head -15

clean:
	rm -rf .venv .work tests/peers/node_modules

.venv/.runs: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

.venv/.develops: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@ .venv/.runs
