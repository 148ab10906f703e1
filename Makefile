# Each target is one command with one line of help; what a command does stands in the program that it calls.
PYTHON ?= python3
BIN := .venv/bin
export PYTHONUNBUFFERED = 1

course: $(BIN)/.ready  ## environment, released exercises, a graded demonstration class, site, and where to look
	$(BIN)/python -m autograder release --source
	$(BIN)/python -m autograder demonstrate
	$(BIN)/python book/_ext/build.py

test: $(BIN)/.ready  ## all that CI runs: style, spelling, released exercises, records, the book, the grader, the pages in Chromium
	$(BIN)/ruff format --check --diff
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/codespell
	$(BIN)/python -m autograder release --check
	$(BIN)/python -m attention_course.experiments check
	$(BIN)/python book/_ext/build.py
	$(BIN)/pytest -n 3 --dist loadscope --no-loadscope-reorder

book: $(BIN)/.ready  ## the site, in _build/html
	$(BIN)/python book/_ext/build.py

serve: book  ## the site at http://127.0.0.1:8000
	$(BIN)/python -m http.server 8000 --bind 127.0.0.1 --directory _build/html

release: $(BIN)/.ready  ## exercises/ from solutions/, and source/ for nbgrader's own commands
	$(BIN)/python -m autograder release --source

grade: $(BIN)/.ready  ## grade what lies in submitted/
	$(BIN)/python -m autograder grade

experiments: $(BIN)/.ready  ## make the recorded runs that are missing or stale (minutes to hours), and check what the book claims of them
	$(BIN)/python -m attention_course.experiments run
	$(BIN)/python -m attention_course.experiments check

anywhere: $(BIN)/.ready  ## the book and its claims under other processors' instruction sets (hours)
	$(BIN)/python benchmarks/anywhere.py

mutants: $(BIN)/.ready  ## what of the grader can be changed without a test noticing (hours; `mutmut browse` shows it)
	$(BIN)/python -m pip install --quiet mutmut==3.8.1
	$(BIN)/mutmut run
	$(BIN)/mutmut results

bench: $(BIN)/.ready  ## the grader's speed against stock nbgrader's, as a table and benchmarks/results/grading.json
	$(BIN)/python benchmarks/grading.py

clean:  ## remove all that was built (a class's submissions and gradebook stay)
	rm -rf _build mutants source .venv *.egg-info

help:  ## this list
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:.*## / — /'

$(BIN)/.ready: requirements.txt constraints.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --progress-bar on -r requirements.txt -c constraints.txt
	$(BIN)/python -m pip install --no-deps --no-build-isolation -e .
	touch $@

.PHONY: course test book serve release grade experiments anywhere mutants bench clean help
