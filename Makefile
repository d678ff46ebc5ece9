# Names for commands; `make` prints them. Each works after one ./test, which sets up .venv.
python = .venv/bin/python
uv = uv
compile = $(uv) pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --no-emit-index-url --quiet

help:                   ## this list
	@grep -E '^[a-z]+: *##|^[a-z]+:.*## ' Makefile | sed 's/:.*##/	/'

check: lint types contracts  ## style, types and import contracts

lint:                   ## ruff: rules and format
	$(python) -m ruff check .
	$(python) -m ruff format --check .

types:                  ## mypy, strict
	$(python) -m mypy

contracts:              ## who may import whom
	.venv/bin/lint-imports --no-cache --no-logo

test:                   ## the quick tests
	./test

slow:                   ## all tests
	./test --slow

campaigns:              ## two hundred seeds of any acts in any order on the sandbox (most of an hour)
	SEEDS=200 ./test --slow tests/sandbox/test_any_order.py

wheel:                  ## build dist/*.whl and look that migrations and rules are inside
	rm -rf dist
	$(python) -m hatchling build -t wheel
	$(python) -m zipfile -l dist/*.whl | grep -q worker/_migrations/env.py
	$(python) -m zipfile -l dist/*.whl | grep -q worker/_rules/README.md

lock:                   ## newest versions into constraints*.txt (needs uv); then run ./test --slow
	$(compile) --upgrade -o constraints.txt
	$(compile) --upgrade --extra dev -c constraints.txt -o constraints-dev.txt

.PHONY: help check lint types contracts test slow campaigns wheel lock
