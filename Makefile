# Two targets a newcomer needs: `make serve` (the page on the built-in demo sky) and `make test`.
# Everything is installed into .venv from the pinned constraints; nothing else is touched.

PORT ?= 5006
ATLAS ?=
DATA ?= ../shared/data
VENV := .venv
PY := $(VENV)/bin/python
PYTHON ?= $(firstword $(foreach p,python3 python3.14 python3.13 python3.12 python3.11 python,\
  $(if $(shell $(p) -c 'import sys; print(sys.version_info >= (3, 11))' 2>/dev/null | grep True),$(p))))
# A browser is opened only where there is a screen to show it on.
SHOW := $(if $(or $(DISPLAY),$(WAYLAND_DISPLAY),$(filter Darwin,$(shell uname))),--show)

.PHONY: help serve test test-full test-browser lint bench gpu science demo-run screenshots clean

help:
	@echo "make serve     the page, on the demo sky (PORT=5006, ATLAS=path for your own)"
	@echo "make test      ruff, mypy, pytest with a real browser"
	@echo "make test-full the same, and what needs PostgreSQL, stilts, TOPCAT and xvfb"
	@echo "make bench     one table of speeds"
	@echo "make gpu       all checks that need a GPU, in one table"
	@echo "make science   the real-data report (DATA=folder with asas_acvs and eros1_lmc)"

serve: $(VENV)/installed
	@echo "AstroM3 Explorer: http://localhost:$(PORT)/app (stop with Ctrl-C)"
	@$(PY) -m panel serve app --port $(PORT) $(SHOW) $(if $(ATLAS),--args "$(ATLAS)")

test: $(VENV)/installed-test
	$(PY) tests/install_browser.py
	$(MAKE) lint
	OMP_NUM_THREADS=1 $(PY) -m pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

# What needs other programs: apt-get install postgresql stilts topcat xvfb
test-full: test
	$(PY) -m pytest -m full

lint: $(VENV)/installed-test
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy

bench: $(VENV)/installed-test
	$(PY) tests/install_browser.py
	$(PY) tests/benchmarks/run.py
	$(PY) tests/benchmarks/archive.py --search 200

# Every check that needs a GPU; on one without: ARGS="--device cpu --tiny".
gpu: $(VENV)/installed-test
	$(PY) tests/benchmarks/gpu.py $(ARGS)

science: $(VENV)/installed
	$(PY) -m model.science "$(DATA)" --out reports/science

# The checkpoint that ships with the project, from the demo sky of the stated seed.
demo-run: $(VENV)/installed
	$(PY) -m data_pipeline demo --out surveys/demo --overwrite
	$(PY) -m model train surveys/demo --epochs 16 --out runs/demo --overwrite
	$(PY) -m model.ship runs/demo model/demo_run

screenshots: $(VENV)/installed-test
	$(PY) tests/install_browser.py
	$(PY) docs/screenshots.py $(ARGS)

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed and none was found on the PATH."; \
	  echo "Install one, or name it: make PYTHON=/path/to/python3.12 serve"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "The venv module of $(PYTHON) did not work."; \
	  echo "On Debian or Ubuntu: apt-get install python3-venv, then run make again."; exit 1; }

$(VENV)/installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Installing into $(VENV) (a few minutes, once)"
	@$(PY) -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/installed-test: $(VENV)/installed
	@$(PY) -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[test]"
	@touch $@
