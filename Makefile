# `make help` lists the targets.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := uv==0.13.9
CATALOG ?=
MAPPING ?=
PRODUCTS ?= 2400
N ?= 5000
PORT ?= 5000

.DEFAULT_GOAL := help

.PHONY: help
help:  ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

INSTALL := $(BIN)/uv pip install --quiet --python $(BIN)/python --constraint constraints.txt --editable '.[sandbox,tracing,dev]'
# Where there is no NVIDIA GPU torch needs no CUDA, which is nine tenths of it; where its own index can't be reached, the
# build of the usual one will do.
TORCH := $(if $(shell command -v nvidia-smi),,--torch-backend cpu)

$(VENV)/.ready: pyproject.toml requirements.txt requirements-sandbox.txt requirements-tracing.txt requirements-dev.txt constraints.txt
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or newer is needed; name one with PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is older than Python 3.11; name another with PYTHON=..." >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing requirements into $(VENV), which takes a minute or more"
	@$(BIN)/python -m pip install --quiet "$(UV)"
	@$(INSTALL) $(TORCH) $(if $(TORCH),2>/dev/null || { echo "PyTorch's build for CPUs alone can't be had here; installing the usual one (up to 6 GB)"; $(INSTALL); })
	@touch $@

.PHONY: install
install: $(VENV)/.ready  ## Set up the virtual environment, with the command lookalike

.PHONY: demo
demo: $(VENV)/.ready  ## Bring up the sandbox shop on port 5000 (CATALOG=file with MAPPING=file, or abo with N=n, PRODUCTS=n, PORT=n)
	@exec $(BIN)/python -m demo.sandbox $(if $(CATALOG),--catalog $(CATALOG)) $(if $(MAPPING),--mapping $(MAPPING)) --products $(PRODUCTS) --number $(N) --port $(PORT)

# promtool is part of Debian's Prometheus, which the image's policy keeps from starting.
.PHONY: deploy-tools
deploy-tools:
	@if ! command -v promtool >/dev/null && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "Installing promtool"; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends prometheus >/dev/null; \
	fi

# What speaks to Elasticsearch, each kind of request once.
OLDEST := $(addprefix tests/live/test_,$(addsuffix .py,search similar facets paging words attach activation_store multi_get changing_products rollout retention judging check fitting rules configurations complements workbench experiments experiment_pages interactions query_events query_judging rule_pages synonym_pages comparing currencies description text_queries behaviour aspects))

RUN_OLDEST := env -u ELASTICSEARCH_URL TEST_RUN=oldest ELASTICSEARCH_VERSION=8.19 $(BIN)/python -m pytest -m "oldest or not oldest" $(OLDEST) tests/faults/test_upgrade.py

# By default OpenMP's threads spin while they wait, on cores that the other runs need.
test test-busy: export OMP_WAIT_POLICY := passive
# Tests' servers don't live long enough to be compiled well: a start takes 11 CPU seconds instead of 23.
test test-busy: export ELASTICSEARCH_JVM_OPTIONS := -XX:TieredStopAtLevel=1

# Three runs at once: fault tests wait most of their time, and unit tests need no server.
.PHONY: test
test: $(VENV)/.ready chromium deploy-tools  ## Run all tests against real servers, with test-oldest; fault tests at a small size (test-faults: full size)
	@logs=$$(mktemp -d); trap 'kill $$(jobs -p) 2>/dev/null; rm -rf $$logs' EXIT; \
	TEST_RUN=units $(BIN)/python -m pytest tests/unit >$$logs/units 2>&1 & units=$$!; \
	(TEST_RUN=faults $(BIN)/python -m pytest tests/faults; faults=$$?; $(RUN_OLDEST); exit $$((faults || $$?))) >$$logs/faults 2>&1 & faults=$$!; \
	$(BIN)/python -m pytest --ignore tests/faults --ignore tests/unit; status=$$?; \
	wait $$units || status=1; echo "Units:"; cat $$logs/units; \
	wait $$faults || status=1; echo "Faults, and Elasticsearch 8.19:"; cat $$logs/faults; \
	exit $$status

.PHONY: test-oldest
test-oldest: $(VENV)/.ready  ## Run the tests that speak to Elasticsearch against 8.19, and one that upgrades it
	@$(RUN_OLDEST)

.PHONY: test-unit
test-unit: $(VENV)/.ready  ## Run the tests that need no server
	@$(BIN)/python -m pytest tests/unit

# Numeric libraries sum in other orders on other processors. Each line is one: oldest, plain AVX2 with more threads than
# cores, one thread of the newest. ONEDNN_MAX_CPU_ISA caps torch and OpenVINO, which
# can't go below AVX by it (it mixes its own detection in); nothing caps ONNX Runtime.
NUMERIC := $(addprefix tests/unit/,evaluation es_mappings search $(addprefix indexer/,attribution embedding images relevance spaces vectorizers test_finetuning.py))
SSE := OPENBLAS_CORETYPE=Nehalem MKL_CBWR=COMPATIBLE ONEDNN_MAX_CPU_ISA=AVX ATEN_CPU_CAPABILITY=default NPY_DISABLE_CPU_FEATURES="X86_V3 X86_V4 AVX512_ICL"
AVX2 := OPENBLAS_CORETYPE=Haswell MKL_CBWR=AVX2 ONEDNN_MAX_CPU_ISA=AVX2 ATEN_CPU_CAPABILITY=avx2 NPY_DISABLE_CPU_FEATURES="X86_V4 AVX512_ICL" OPENBLAS_NUM_THREADS=4 OMP_NUM_THREADS=4
SINGLE := OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1

.PHONY: test-processors
test-processors: $(VENV)/.ready  ## Run the numeric tests as if on older processors; about 10 minutes
	@$(SSE) $(BIN)/python -m pytest -q $(NUMERIC)
	@$(AVX2) $(BIN)/python -m pytest -q $(NUMERIC)
	@$(SINGLE) $(BIN)/python -m pytest -q $(NUMERIC)

BUSY := 4

.PHONY: cluster-test
cluster-test: $(VENV)/.ready  ## Kill, miss and restart nodes of a cluster of three; about 10 minutes
	@$(BIN)/python -m pytest -s -m cluster tests/faults/cluster

.PHONY: test-busy
test-busy: $(VENV)/.ready chromium deploy-tools  ## Run all tests twice, in random order, beside BUSY=4 processes that take all the CPU they get
	@for _ in $$(seq $(BUSY)); do (while :; do :; done) & done; trap 'kill $$(jobs -p)' EXIT; \
	for _ in 1 2; do PYTEST_ADDOPTS=--random-order $(MAKE) --no-print-directory test || exit; done

.PHONY: test-faults
test-faults: $(VENV)/.ready  ## Run fault tests at full size: killed processes, lost servers, hostile images; several hours
	@FAULTS=full $(BIN)/python -m pytest -s tests/faults tests/live/test_order.py --timeout 3600

MINUTES ?= 60
SEED ?=

.PHONY: chaos
chaos: $(VENV)/.ready  ## Disturb a shop at random and check all it answered and stored (MINUTES=60, SEED=n replays a run)
	@$(BIN)/python -m tests.faults.chaos.run --seconds $$(( $(MINUTES) * 60 )) $(if $(SEED),--seed $(SEED))

$(VENV)/.bench-ready: $(VENV)/.ready requirements-bench.txt
	@$(BIN)/uv pip install --python $(BIN)/python --constraint constraints.txt --requirement requirements-bench.txt
	@touch $@

.PHONY: bench
bench: $(VENV)/.bench-ready  ## Measure sorting by similarity against its peers on 200,000 products, by type of index and by shards; about an hour
	@$(BIN)/python -m evaluation bench
	@$(BIN)/python -m evaluation bench-index-types
	@$(BIN)/python -m evaluation bench-shards
	@if [ -d $(IMAGES) ]; then $(MAKE) --no-print-directory bench-embedding; fi

.PHONY: bench-scale
bench-scale: N = 1000000
bench-scale: $(VENV)/.bench-ready  ## Measure a shopper's clicks among N=1,000,000 products; an hour, half of it for libraries (25 minutes in all at N=200000)
	@$(BIN)/python -m evaluation bench-scale --products $(N) --libraries

.PHONY: neighbours
neighbours: $(VENV)/.bench-ready  ## Compare structures for nearest neighbours over dimensions; about 30 minutes
	@$(BIN)/python -m evaluation neighbours --out .data/reports
	@cp .data/reports/neighbours-latency-by-dimensions.png docs/images/neighbours.png

.PHONY: models
models: $(VENV)/.ready  ## Compare all models on the demo's catalogue by the truth of its pictures
	@test -f .data/catalogue/truth.jsonl || $(BIN)/python -m demo.catalogue --products $(PRODUCTS) .data/catalogue
	@mkdir -p .data/reports
	@$(BIN)/python -m evaluation golden truth .data/catalogue/truth.jsonl --candidates 0 --part 0.5 --out .data/reports/look.jsonl
	@$(BIN)/python -m evaluation models --catalog .data/catalogue/catalog.jsonl --golden .data/reports/look.jsonl --out .data/reports
	@cp .data/reports/models-by-dimensions.png docs/images/models.png

.PHONY: load-test
load-test: $(VENV)/.ready  ## Offer the shop three times what it can serve; 6 minutes (URL=, RATE= pages/s, SECONDS= a phase)
	@$(BIN)/python -m evaluation load $(if $(URL),--url $(URL)) $(if $(RATE),--rate $(RATE)) $(if $(SECONDS),--seconds $(SECONDS)) --products $(PRODUCTS)

.PHONY: bench-shop
bench-shop: $(VENV)/.ready chromium  ## Measure in Chromium how long a shopper of the running demo waits; 4 minutes (PORT=n, URL=)
	@$(BIN)/python -m evaluation shop --url $(or $(URL),http://localhost:$(PORT))

.PHONY: bench-updates
bench-updates: $(VENV)/.ready  ## Measure a burst of single events, and one event alone; about 10 minutes
	@$(BIN)/python -m evaluation.bench_updates

.PHONY: bench-photos
bench-photos: $(VENV)/.ready  ## Measure how long a photograph waits for its vectors, alone and while products are embedded; 4 minutes (TOGETHER=1: by the worker that embeds the products)
	@$(BIN)/python -m evaluation.bench_photos $(if $(TOGETHER),--together)

IMAGES ?= .data/catalogue/images

.PHONY: bench-embedding
bench-embedding: $(VENV)/.ready  ## Measure images/s of decoding, inference and end to end (IMAGES=folder)
	@$(BIN)/python -m evaluation.bench_embedding $(IMAGES)

.PHONY: soak
soak: $(VENV)/.ready  ## Watch memory over 100,000 images through decoders and a small model; about 10 minutes
	@$(BIN)/python -m evaluation.soak

# Installs Debian's browser and fonts as root with apt-get; otherwise CHROMIUM names a browser.
.PHONY: chromium
chromium:
	@if [ -z "$$CHROMIUM" ] && ! command -v chromium-headless-shell chromium chromium-browser google-chrome >/dev/null && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "Installing Chromium"; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends chromium-headless-shell fonts-liberation >/dev/null; \
	fi

.PHONY: lint
lint: $(VENV)/.ready  ## Check style and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

.PHONY: format
format: $(VENV)/.ready  ## Format the code
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

.PHONY: screenshots
screenshots: $(VENV)/.ready chromium  ## Take screenshots of the running demo: ten states in three looks, and those of the documentation
	@$(BIN)/python -m demo.screenshots --url http://localhost:$(PORT)

PRODUCTION := requirements.txt requirements-tracing.txt

# --strict: packages of which nothing is known fail it, too, as where the index doesn't serve the data.
.PHONY: audit
audit: $(VENV)/.ready  ## Look for known vulnerabilities in what production installs
	@mkdir -p .data
	@$(BIN)/uv pip compile --quiet --no-annotate --no-header --constraint constraints.txt $(PRODUCTION) --output-file .data/production.txt
	@$(BIN)/pip-audit --strict --disable-pip --no-deps --requirement .data/production.txt

.PHONY: sbom
sbom: $(VENV)/.ready  ## Write what production installs to .data/sbom.json (CycloneDX)
	@mkdir -p .data
	@$(BIN)/uv pip compile --quiet --no-annotate --no-header --constraint constraints.txt $(PRODUCTION) --output-file .data/production.txt
	@$(BIN)/cyclonedx-py requirements .data/production.txt --pyproject pyproject.toml --mc-type application --output-reproducible --validate --output-file .data/sbom.json

.PHONY: lock
lock: $(VENV)/.ready  ## Update constraints.txt from the requirements
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-annotate --no-header \
	  requirements.txt requirements-sandbox.txt requirements-tracing.txt requirements-dev.txt --output-file constraints.txt

.PHONY: clean
clean:  ## Stop running servers, remove the project's data and caches
	@if [ -x $(BIN)/python ]; then $(BIN)/python -m demo.clean; fi
	@rm -rf .data .pytest_cache .mypy_cache .ruff_cache .hypothesis
