# make run   sets up, seeds the demo study, serves the app on this machine
# make test  sets up an environment of its own and checks everything
# The first time either installs its packages; later starts go straight to work.

PYTHON ?= python3
RUN    := .venv
TEST   := .venv-test
PORT   ?= 8501

.PHONY: run test quick lint bench stress soak fuzz audit train screenshots docs lock clean

run: $(RUN)/.ready
	@$(RUN)/bin/lesionscope demo
	@$(RUN)/bin/lesionscope serve --port $(PORT)

$(RUN)/.ready: pyproject.toml
	@echo "LesionScope: setting up $(RUN), once (about 2 minutes) ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "LesionScope needs Python 3.11 or later, this is %s. Try: make run PYTHON=python3.11" % sys.version.split()[0])'
	@$(PYTHON) -m venv $(RUN)
	@$(RUN)/bin/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	@$(RUN)/bin/python -m pip install --progress-bar on --disable-pip-version-check -e . | grep -E '^(Collecting|Installing|Successfully|ERROR)' | cut -c1-100
	@$(RUN)/bin/python -c 'import lesionscope'
	@touch $@

$(TEST)/.ready: pyproject.toml
	@echo "LesionScope: setting up $(TEST), once (with torch, several minutes) ..."
	@$(PYTHON) -m venv $(TEST)
	@$(TEST)/bin/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	@$(TEST)/bin/python -m pip install --progress-bar off --disable-pip-version-check -e '.[test]' | grep -E '^(Collecting|Installing|Successfully|ERROR)' | cut -c1-100
	@$(TEST)/bin/python -c 'import lesionscope, torch, torchvision'
	@touch $@

# Both cores are shared by the tests' workers, so each worker computes with one thread.
ONE_THREAD := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1

lint: $(TEST)/.ready
	$(TEST)/bin/ruff check .
	$(TEST)/bin/ruff format --check .
	$(TEST)/bin/mypy
	$(TEST)/bin/lint-imports

test: lint
	$(ONE_THREAD) $(TEST)/bin/python -m pytest -n 3 --dist loadfile -m "not stress" -q

quick: $(TEST)/.ready
	$(ONE_THREAD) $(TEST)/bin/python -m pytest -m "not stress and not browser" -q -x

bench: $(TEST)/.ready
	$(TEST)/bin/python benchmarks/speed.py

stress: $(TEST)/.ready
	$(ONE_THREAD) $(TEST)/bin/python -m pytest -m stress -q --timeout 7200

# 100,000 mutated photos through the process apart; stopped and started again it goes on.
fuzz: $(TEST)/.ready
	$(ONE_THREAD) $(TEST)/bin/python benchmarks/fuzz.py --workers 2

# 20 users for 30 minutes: make soak SOAK="--users 5 --minutes 2" for another number.
SOAK ?= --users 20 --minutes 30
soak: $(TEST)/.ready
	$(TEST)/bin/python benchmarks/soak.py $(SOAK)

train: $(TEST)/.ready
	$(TEST)/bin/python -m lesionscope.model.train

screenshots: $(TEST)/.ready
	LESIONSCOPE_SCREENSHOTS=docs/screenshots $(TEST)/bin/python -m pytest -q -m browser tests/browser

# The documents as a site in build/site.
docs: $(TEST)/.ready
	NO_MKDOCS_2_WARNING=1 $(TEST)/bin/mkdocs build --strict --quiet
	@echo "LesionScope: open build/site/index.html"

# What `pip install` takes now, with hashes, and the bill of materials; commit both.
lock: $(TEST)/.ready
	$(TEST)/bin/python .ci/lock.py

# Asks the package index which versions of the lock have known weaknesses: the one check that needs
# a network, so no part of `make test`. A package that nobody answers for fails it too.
AUDIT := .venv-audit
audit: $(AUDIT)/.ready
	$(AUDIT)/bin/pip-audit -r requirements.lock --require-hashes --disable-pip --strict --progress-spinner off

$(AUDIT)/.ready:
	@$(PYTHON) -m venv $(AUDIT)
	@$(AUDIT)/bin/python -m pip install --quiet --disable-pip-version-check 'pip-audit>=2.10,<3'
	@touch $@

clean:
	rm -rf $(RUN) $(TEST) $(AUDIT) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache build dist
