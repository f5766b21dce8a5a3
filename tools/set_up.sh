#!/bin/sh
# Makes the virtual environment and installs the project into it. Safe to interrupt and to run again.
set -eu
fail() { printf '\nSet-up stopped: %s\nRun the same command again to continue.\n' "$1" >&2; exit 1; }

"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
  fail "Python 3.11 or newer is needed as '$PYTHON' (name another with: make PYTHON=python3.12 ...)"

if ! [ -x "$VENV/bin/python" ] || ! "$VENV/bin/python" -m pip --version >/dev/null 2>&1; then
  echo "Making the virtual environment in $VENV"
  "$PYTHON" -m venv "$VENV" ||
    fail "no virtual environment could be made (on Debian and Ubuntu: sudo apt-get install python3-venv)"
fi
echo "Installing Python packages (a few minutes the first time)"
"$VENV/bin/python" -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]' ||
  fail "Python packages could not be installed; the lines above say which"
touch "$VENV/.set-up"
