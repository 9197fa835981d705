# `make` lists what there is. Everything runs in .venv, which the first target that needs it sets up.

PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed
TORCH := 2.13.0
PYTORCH := .venv/pytorch-$(TORCH)
RAY := 2.60.0
RAY_TUNE := .venv/ray-$(RAY)
FILE ?= examples/digits.py

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test coverage test-walk test-deployment test-pytorch test-ray check proto lock benchmark-quality benchmark-decisions benchmark-defaults benchmark-demo benchmark-examples clean

help: ## list the targets
	@awk -F ': .*## ' '/^[a-z-]+:.*## / {printf "make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(INSTALLED) ## train a population on the handwritten digits (another file: make run FILE=train.py)
	@$(BIN)/progenitor run $(FILE)

TESTS := $(BIN)/python -m pytest -q -n 2 --dist worksteal

test: $(INSTALLED) ## run every test, PostgreSQL included (some: make test ARGS=tests/storage)
	$(TESTS) $(ARGS)

coverage: $(INSTALLED) ## the same, and print what part of each file the tests run, in whatever process (a third longer)
	$(TESTS) --cov --cov-report=term $(ARGS)

test-walk: $(INSTALLED) ## every command and program of README and guide, as they stand (two minutes)
	$(BIN)/python -m pytest -q -n 2 $(ARGS) tests/system/with_walk.py

test-deployment: $(INSTALLED) ## build what the images hold and run what the compose file runs (two minutes)
	$(BIN)/python -m pytest -q -n 2 $(ARGS) tests/deployment/with_images.py tests/deployment/with_compose.py

test-pytorch: $(PYTORCH)/.installed ## run the tests that need PyTorch (downloads PyTorch once, some hundred megabytes)
	PYTHONPATH=$(CURDIR)/$(PYTORCH) $(BIN)/python -m pytest -q $(ARGS) tests/examples/with_pytorch.py tests/worker_client/check_with_pytorch.py

test-ray: $(RAY_TUNE)/.installed ## run the tests of how the benchmark asks Ray Tune (downloads Ray once, 80 megabytes)
	PYTHONPATH=$(CURDIR)/$(RAY_TUNE) $(BIN)/python -m pytest -q $(ARGS) tests/quality/with_ray.py

check: $(INSTALLED) ## lint, formatting, types, import contracts; stubs and protos
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python proto/generate.py --check
	$(BIN)/buf lint
	$(BIN)/python proto/breaking.py

proto: $(INSTALLED) ## generate the stubs from the protos
	$(BIN)/python proto/generate.py

LOCK = $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes \
    --no-emit-index-url --no-emit-find-links --no-annotate --no-header

lock: $(INSTALLED) ## pin what pyproject.toml asks for (newer versions: make lock ARGS=--upgrade)
	$(LOCK) pyproject.toml --all-extras --group dev -o requirements.lock $(ARGS)
	@# what the images hold, and what builds the wheel in them: parts of the same lock
	$(LOCK) pyproject.toml --extra server --extra search -c requirements.lock -o controller/requirements.lock
	$(LOCK) pyproject.toml -c requirements.lock -o worker_client/requirements.lock
	echo hatchling | $(LOCK) - -c requirements.lock -o controller/build.lock

benchmark-quality: $(RAY_TUNE)/.installed ## how well all methods search, beside Ray Tune: docs/quality.md (an hour; ARGS=--help)
	PYTHONPATH=$(CURDIR)/$(RAY_TUNE) $(BIN)/python -m benchmarks.quality $(ARGS)

benchmark-decisions: $(INSTALLED) ## how long a call takes in a population of a thousand, for each algorithm (two minutes)
	$(BIN)/python -m benchmarks.decisions $(ARGS)

benchmark-defaults: $(INSTALLED) ## how well the defaults search, on small problems (some minutes; ARGS=--help)
	$(BIN)/python -m benchmarks.quality_defaults $(ARGS)

benchmark-demo: $(INSTALLED) ## the demo's means over fifty seeds, and what they should be (some minutes)
	$(BIN)/python -m benchmarks.demo_means $(ARGS)

benchmark-examples: $(PYTORCH)/.installed ## what the examples gain over random search (an hour; ARGS=--help)
	PYTHONPATH=$(CURDIR)/$(PYTORCH) $(BIN)/python -m benchmarks.examples_baseline $(wildcard examples/*.py) $(ARGS)

clean: ## remove .venv and what the tools cached (studies under .progenitor/ stay)
	rm -rf .venv .coverage .coverage.* .grimp_cache .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# One lock for users of a clone and for developers: leaving the tools out would save fifteen seconds, once.
$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info; \
	    sys.exit(v < (3, 11) and "progenitor needs Python 3.11 or newer, and $(PYTHON) is %d.%d. Name another: make PYTHON=python3.12 …" % v[:2])'
	@echo "Setting up .venv (once, about a minute) …"
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# Too large for the lock, and needed by one example: in a folder of its own, which the other targets do not see.
$(PYTORCH)/.installed: | $(INSTALLED)
	@echo "Installing PyTorch (once) …"
	@rm -rf $(@D)
	@$(BIN)/python -m pip install -q --disable-pip-version-check --target $(@D) torch==$(TORCH)
	@touch $@

# Its wheel and what it imports beyond the lock, without what the lock has: one version of each for both sides.
$(RAY_TUNE)/.installed: | $(INSTALLED)
	@echo "Installing Ray (once) …"
	@rm -rf $(@D)
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --target $(@D) \
	    ray==$(RAY) msgpack==1.2.4 filelock==4.2.11 fsspec==2026.9.0 PyYAML==6.0.3 tensorboardX==2.6.5
	@touch $@
