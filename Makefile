# Python 3.11 to 3.13 and make are all that is needed. `make` alone lists the targets.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
KAFKA_LIBS := .cache/kafka-libs
COMPILE = $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	--no-emit-index-url pyproject.toml
IMAGE_EXTRAS := analytics build cuda engagement identity ingest landmarks stand

.DEFAULT_GOAL := help
.PHONY: help install install-dev demo test lint format lock lock-images kafka-libs secrets clean

help: ## List the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

install: $(VENV)/.product ## Install the product into .venv

install-dev: $(VENV)/.dev ## Install everything into .venv: tests, linters, training, torch

demo: install ## Run everything in one process for a minute; ARGS="--help" shows the options
	@$(BIN)/vitrine demo $(ARGS)

test: install-dev ## Run all tests; ARGS="-k name" picks some
	$(BIN)/pytest $(ARGS)

lint: install-dev ## Check style, types and imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy vitrine training tests benchmarks deploy
	$(BIN)/lint-imports

format: install-dev ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: install-dev ## Lock the newest versions of all dependencies, with hashes; then what each image takes of them
	$(COMPILE) --upgrade --extra build --extra embedded -o requirements/product.txt
	$(COMPILE) --upgrade --extra dev -c requirements/product.txt -o requirements/dev.txt
	$(MAKE) --no-print-directory lock-images

lock-images: install-dev
	$(COMPILE) -c requirements/dev.txt -o requirements/core.txt
	for extra in $(IMAGE_EXTRAS); do \
		$(COMPILE) --extra $$extra -c requirements/dev.txt -o requirements/$$extra.txt || exit 1; done

secrets: ## Write the passwords, keys and tokens that `docker compose up` needs; keeps those that are there
	@sh deploy/make-secrets.sh deploy/secrets .env

kafka-libs: $(KAFKA_LIBS)/.done ## Fetch the Kafka broker that the tests run (needs Maven and Java 17)

clean: ## Remove everything that was installed or built here
	rm -rf $(VENV) .cache *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
		{ echo "Vitrine needs Python 3.11, 3.12 or 3.13; name one with PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
		{ rm -rf $(VENV); echo "Python's venv module is missing; on Debian: apt install python3-venv" >&2; exit 1; }

$(VENV)/.product: requirements/product.txt pyproject.toml | $(BIN)/python
	@echo "Installing Vitrine into $(VENV) (about a minute, once) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/product.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.product
	@echo "Installing tests, linters and torch (a few minutes, once) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

$(KAFKA_LIBS)/.done: tests/kafka/pom.xml
	@command -v mvn >/dev/null || { echo "Maven is missing; on Debian: apt install maven openjdk-17-jre-headless" >&2; exit 1; }
	mvn -q -B -f tests/kafka/pom.xml dependency:copy-dependencies -DoutputDirectory=$(abspath $(KAFKA_LIBS))
	@touch $@
