# The commands of the README. Everything is installed into .venv from pinned, hashed requirements.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
SECONDS ?= 600

.PHONY: run test check bench soak lock clean

run: $(VENV)/ready                 ## start the demo: sample events in, notifications out
	$(BIN)/python -m bridge demo

test: $(VENV)/ready-dev            ## all tests; installs what they need
	tests/setup
	$(BIN)/python -m pytest --numprocesses 4 --dist loadfile

check: $(VENV)/ready-dev           ## lint, format, types, import layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/ready-dev           ## the speed claims, as a table
	$(BIN)/python -m benchmarks

soak: $(VENV)/ready-dev            ## ten minutes of kill -9 under load: nothing lost, nothing grows (SECONDS=60 for one)
	$(BIN)/python -m tests.soak --seconds $(SECONDS)

$(VENV)/ready: requirements.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Bridge needs Python 3.11 or newer.")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	touch $@

$(VENV)/ready-dev: requirements-dev.txt $(VENV)/ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	touch $@

lock:                              ## pin the newest versions that pyproject.toml allows
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --upgrade --quiet pyproject.toml -o requirements.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet -c requirements.txt pyproject.toml --group dev -o requirements-dev.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet -c requirements-dev.txt --group build -o .ci/requirements-build.txt

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis data
