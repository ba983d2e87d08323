# Python 3.11 to 3.13 and make are all that is needed. `make` alone lists the targets.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
# Some machines set it. Then each process that a test starts compiles all it imports: `stand` takes 3.3 s, not 1.3 s.
export PYTHONDONTWRITEBYTECODE :=
KAFKA_LIBS := .cache/kafka-libs
LABEL_PROXY := .cache/bin/prom-label-proxy
HELM := .cache/bin/helm
COMPILE = $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	--no-emit-index-url pyproject.toml
CODE := vitrine services lab training benchmarks deploy
DOMAIN_TESTS := tests/unit/faces tests/unit/presence tests/unit/customers tests/unit/programme tests/unit/campaigns \
	tests/unit/runtime tests/unit/mall tests/unit/architecture
TAG ?= latest
IMAGE_EXTRAS := analytics build console cuda customers engagement identity ingest landmarks stand

.DEFAULT_GOAL := help
.PHONY: help install install-dev demo check test coverage lint complexity format mutants docs wheel images sbom pictures pin-images \
	lock lock-images kafka-libs label-proxy helm organisations secrets clean

help: ## List the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

.PHONY: hello
hello:
	@test -e $(VENV)/.product || echo "Vitrine installs itself first. When it says Ready, open http://127.0.0.1:8000/ or what it prints."

install: $(VENV)/.product ## Install the product into .venv

install-dev: $(VENV)/.dev ## Install everything into .venv: tests, linters, training, torch

demo: hello install ## Run everything in one process for a minute; ARGS="--help" shows the options
	@$(BIN)/vitrine demo $(ARGS)

# Tests share the cores, those of one file in one process. The marker `alone` is on those that load a machine by
# themselves, or measure time. A part that fails does not keep the others from running. Tests beside whole programs,
# browsers and brokers meet the machine's load: one that fails runs once more, and the summary says RERUN.
test: install-dev ## Run all tests; ARGS="-k name" picks some
ifeq ($(strip $(ARGS)),)
	@failed=0; times=; \
	part() { \
		began=$$(date +%s); \
		$(BIN)/pytest "$$@" || failed=1; \
		times="$$times$$(($$(date +%s) - began)) s\tpytest $$*\n"; \
	}; \
	part -n auto tests/unit; \
	part -n 2 --dist loadfile --no-loadscope-reorder -m "not alone" --ignore=tests/unit --reruns 1 -rsR; \
	part -m alone --ignore=tests/unit --reruns 1 -rsR; \
	printf "$$times"; \
	exit $$failed
else
	$(BIN)/pytest $(ARGS)
endif

check: lint ## The fast loop: style, types, imports, and the unit tests of the domain
	$(BIN)/pytest $(DOMAIN_TESTS) $(ARGS)

coverage: install-dev ## Unit, contract and component tests; fails below the floor in pyproject.toml
	$(BIN)/pytest tests/unit tests/contract tests/component --cov=vitrine --cov=services --cov-report=term:skip-covered $(ARGS)

lint: install-dev complexity ## Check style, types, imports and complexity
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy vitrine training tests benchmarks deploy
	$(BIN)/lint-imports

mutants: install-dev ## Alter the domain's code and count what the tests notice; takes an hour or more
	$(BIN)/python -m benchmarks.mutants $(ARGS)

complexity: install-dev
	$(BIN)/xenon --max-absolute B $(CODE)

docs: install-dev ## Build the documentation site into site/; a broken link fails
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

wheel: install-dev ## Build the wheel into dist/
	@rm -rf build dist/*.whl
	$(BIN)/uv build --quiet --wheel --no-build-isolation --python $(BIN)/python --out-dir dist .
	@ls dist/*.whl

images: ## Build the images of docker-compose.yml; TAG=0.1.0 names them
	SITE_TAG=$(TAG) docker compose --env-file .env.example build

sbom: install ## Write dist/vitrine.sbom.json: every library that ships, with its licence (CycloneDX)
	@mkdir -p dist
	$(BIN)/python -m deploy.sbom --output dist/vitrine.sbom.json

pictures: install-dev ## Make the README's pictures from synthetic visitors (needs Chromium)
	$(BIN)/python -m deploy.pictures $(ARGS)

pin-images: ## Write deploy/compose.pins.yml: the digest of every image that docker-compose.yml pulls
	sh deploy/pin-images.sh

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

label-proxy: $(LABEL_PROXY) ## Build the proxy that keeps advertisers apart, for its tests (needs Go)

helm: $(HELM) ## Build Helm, for the tests of the chart (needs Go)

organisations: install ## Give each advertiser an organisation in Grafana; ARGS="--help" shows the options
	@$(BIN)/python -m deploy.grafana.organisations $(ARGS)

$(LABEL_PROXY):
	@command -v go >/dev/null || { echo "Go is missing; on Debian: apt install golang-go" >&2; exit 1; }
	GOBIN=$(abspath $(dir $@)) go install github.com/prometheus-community/prom-label-proxy@v0.11.1

$(HELM):
	@command -v go >/dev/null || { echo "Go is missing; on Debian: apt install golang-go" >&2; exit 1; }
	GOBIN=$(abspath $(dir $@)) go install helm.sh/helm/v3/cmd/helm@v3.19.5

clean: ## Remove everything that was installed or built here
	rm -rf $(VENV) .cache build dist site *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
		{ echo "Vitrine needs Python 3.11, 3.12 or 3.13; name one with PYTHON=python3.12" >&2; exit 1; }
	@echo "Making $(VENV) …"
	@$(PYTHON) -m venv $(VENV) || \
		{ rm -rf $(VENV); echo "Python's venv module is missing; on Debian: apt install python3-venv" >&2; exit 1; }

$(VENV)/.product: requirements/product.txt pyproject.toml | $(BIN)/python
	@$(BIN)/python deploy/install.py requirements/product.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.product
	@$(BIN)/python deploy/install.py requirements/dev.txt
	@touch $@

$(KAFKA_LIBS)/.done: tests/kafka/pom.xml
	@command -v mvn >/dev/null || { echo "Maven is missing; on Debian: apt install maven openjdk-17-jre-headless" >&2; exit 1; }
	mvn -q -B -f tests/kafka/pom.xml dependency:copy-dependencies -DoutputDirectory=$(abspath $(KAFKA_LIBS))
	@touch $@
