# kc-bridge: everything a newcomer runs. « make help » lists it.
.DEFAULT_GOAL := help
.PHONY: help demo test soak lint format bench bench-quick jar lock clean
.NOTPARALLEL:

# Containers often forbid .pyc files; without them each of the hundreds of processes started here compiles all it imports.
unexport PYTHONDONTWRITEBYTECODE

BIN := .venv/bin
UV  := $(firstword $(wildcard .cache/uv/bin/uv) uv)

# The whole suite: a file's tests stay together (they share a realm), the files in their order.
PARALLEL := -n 2 --dist loadfile --no-loadscope-reorder

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: ## Start everything on this machine: Keycloak, kc-bridge, mails, an application (PROFILE=um, PORTS=9000)
	@scripts/bootstrap demo && exec $(BIN)/kcb demo $(if $(PROFILE),--profile $(PROFILE)) $(if $(PORTS),--ports $(PORTS))

test: ## Run every test on real parts, with small counts (ARGS="tests/unit -k mail" chooses)
	@scripts/bootstrap test && $(BIN)/python -m pytest $(or $(ARGS),$(PARALLEL))

soak: ## Run the same tests with the full counts
	@scripts/bootstrap test && KCB_SOAK=1 $(BIN)/python -m pytest $(ARGS)

lint: ## Style, types, import rules, translations
	@scripts/bootstrap lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --quiet --lint kc_bridge required_actions
	$(BIN)/pybabel -q compile --directory kc_bridge/translations --statistics

format: ## Rewrite the Python files in the project's style
	@scripts/bootstrap lint
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: ## Measure the sync and the steps beside what else there is, 20 to 25 minutes (docs/operating.md)
	@scripts/bootstrap test && $(BIN)/python -m tests.bench

bench-quick: ## The same for the sync alone with few people, 5 minutes
	@scripts/bootstrap test && $(BIN)/python -m tests.bench --quick

jar: ## Build the Keycloak JAR, theme inside
	@scripts/bootstrap demo && mvn -q -f required_actions/provider/pom.xml package

lock: ## Resolve the dependencies again (docs/adr/0001)
	@scripts/bootstrap lint
	$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --upgrade \
	  --custom-compile-command 'make lock' --extra demo --extra dev --group build pyproject.toml -o requirements.lock
	echo uv | $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --upgrade \
	  --custom-compile-command 'make lock' - -o scripts/uv.txt

clean: ## Remove what the targets above made in this folder (not the downloads shared with other projects)
	rm -rf .venv .demo .test .bench .cache required_actions/provider/target
