# Everything a developer or a newcomer does; each target sets up what it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
AZURITE := azurite@3.35.0
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help run demo test unit tools programs pictures s3-tests e2e fault lint types layers format reference week requirements bench bench-quick bench-full clean

help:  ## Say what there is
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

run: $(VENV)/run.stamp  ## Start the service on HOST and PORT (127.0.0.1:8000), configured by .env
	@exec $(BIN)/python -m dvc_sync_s3 serve

demo: $(VENV)/run.stamp  ## Show the whole way without Label Studio
	@$(BIN)/python scripts/demo.py

test: lint types layers unit  ## What every commit must pass

unit: $(VENV)/dev.stamp tools
	$(BIN)/python -m pytest src tests scripts --doctest-modules --numprocesses=3 --ignore=tests/e2e --ignore=tests/fault \
		--ignore-glob='*/test_label_studio_*'

# What our tests of ssh and of signed commits run; there already on most machines.
tools:
	@command -v ssh ssh-keygen > /dev/null || apt-get install --yes --quiet openssh-client
	@command -v gpg > /dev/null || apt-get install --yes --quiet gnupg

# What our tests of pages and of the configurations in the documentation run.
programs:
	@command -v chromium nginx systemd-analyze > /dev/null || { apt-get update --quiet; true; }
	@command -v chromium > /dev/null || apt-get install --yes --quiet chromium
	@command -v nginx > /dev/null || apt-get install --yes --quiet nginx-light
	@command -v systemd-analyze > /dev/null || apt-get install --yes --quiet systemd

s3-tests: $(VENV)/dev.stamp  ## ceph's s3-tests, from a checkout: make s3-tests S3TESTS=/path/to/it
	@test -n "$(S3TESTS)" || { echo "S3TESTS must be a checkout of github.com/ceph/s3-tests"; exit 2; }
	$(BIN)/python scripts/s3_tests.py "$(S3TESTS)"

e2e: $(VENV)/dev.stamp programs .venv-labelstudio/stamp .venv-azurite/$(AZURITE).stamp  ## The same with the real Label Studio, Git, and DVC remotes of many kinds
	$(BIN)/python -m pytest tests/e2e tests/assumptions/test_label_studio_*.py

pictures: $(VENV)/dev.stamp programs .venv-labelstudio/stamp  ## Take the documentation's pictures anew
	TAKE_PICTURES=1 $(BIN)/python -m pytest tests/e2e/test_label_studio_pages.py

fault: $(VENV)/dev.stamp  ## Power cuts and kill -9
	$(BIN)/python -m pytest tests/fault

# Schemas that the tool carries: nothing is fetched.
SCHEMA := $(BIN)/check-jsonschema --quiet --builtin-schema vendor.
lint: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python scripts/check_size.py
	$(BIN)/python scripts/write_reference.py --check
	$(BIN)/python scripts/write_compatibility.py --check
	$(BIN)/pre-commit validate-config .pre-commit-config.yaml
	$(SCHEMA)github-workflows .github/workflows/*.yml
	$(SCHEMA)github-issue-forms .github/ISSUE_TEMPLATE/*.yml
	$(SCHEMA)gitlab-ci .gitlab-ci.yml
	$(SCHEMA)renovate renovate.json

types: $(VENV)/dev.stamp
	$(BIN)/mypy

layers: $(VENV)/dev.stamp
	$(BIN)/lint-imports --no-cache

format: $(VENV)/dev.stamp  ## Let ruff write the code its way
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

reference: $(VENV)/dev.stamp  ## Write the generated pages of the documentation
	$(BIN)/python scripts/write_reference.py
	$(BIN)/python scripts/write_compatibility.py

week: $(VENV)/dev.stamp  ## Play a team's week and write its page of the documentation
	$(BIN)/python -m tests.e2e.week

bench: $(VENV)/dev.stamp .bench/stamp  ## Compare with rclone, moto and s3rver, with up to 100,000 records; 20 minutes
	$(BIN)/python bench/all.py

bench-quick: $(VENV)/dev.stamp .bench/stamp  ## The same in under 2 minutes
	$(BIN)/python bench/all.py --quick

bench-full: $(VENV)/dev.stamp .bench/stamp  ## The same with up to a million records; an hour
	$(BIN)/python bench/all.py --full

.bench/stamp: requirements-bench.txt
	$(PYTHON) scripts/install.py .bench requirements-bench.txt
	npm install --silent --no-audit --no-fund --no-package-lock --no-save --prefix .bench s3rver@3.7.1
	touch $@

# Pins are compiled without registry addresses, for every platform.
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate --upgrade
requirements: $(VENV)/dev.stamp  ## Pin the newest versions that pyproject.toml allows
	$(COMPILE) requirements.in -o requirements.txt
	$(COMPILE) requirements-dev.in --group dev -o requirements-dev.txt
	$(COMPILE) requirements-e2e.in -o requirements-e2e.txt
	$(COMPILE) requirements-bench.in -o requirements-bench.txt

clean:  ## Remove the virtual environments and caches; the data under storage/ stays
	rm -rf .venv .venv-labelstudio .venv-azurite .venv-s3tests .bench .mypy_cache .pytest_cache .ruff_cache .hypothesis build
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/run.stamp: requirements.txt pyproject.toml
	@$(PYTHON) scripts/install.py $(VENV) requirements.txt
	@touch $@

$(VENV)/dev.stamp: requirements-dev.txt pyproject.toml
	@$(PYTHON) scripts/install.py $(VENV) requirements-dev.txt
	@touch $@ $(VENV)/run.stamp

.venv-labelstudio/stamp: requirements-e2e.txt
	$(PYTHON) scripts/install.py .venv-labelstudio requirements-e2e.txt
	touch $@

# The newest Azurite that runs on Debian's Node.
.venv-azurite/$(AZURITE).stamp:
	command -v npm > /dev/null || apt-get install --yes --quiet npm
	npm install --prefix .venv-azurite --silent --no-audit --no-fund $(AZURITE)
	touch $@
