#!/bin/sh
# Installs missing Debian/Ubuntu or Homebrew packages where that is allowed without asking;
# otherwise prints the exact line to run. None of them is needed for the main path: never fails.
set -u
missing=""
have() {
  case "$1" in
    espeak-ng) command -v espeak-ng >/dev/null 2>&1 ;;
    postgresql) command -v initdb >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 ;;
    sip-tester) command -v sipp >/dev/null 2>&1 ;;
    *) command -v "$1" >/dev/null 2>&1 ;;
  esac
}
for package in "$@"; do have "$package" || missing="$missing $package"; done
[ -n "$missing" ] || exit 0

if command -v apt-get >/dev/null 2>&1; then
  line="apt-get install -y --no-install-recommends$missing"
  if [ "$(id -u)" = 0 ]; then run=""; elif sudo -n true 2>/dev/null; then run="sudo"; else run="no"; fi
  if [ "$run" != no ]; then
    echo "Installing system packages:$missing"
    # shellcheck disable=SC2086
    { $run env DEBIAN_FRONTEND=noninteractive apt-get update -qq &&
      $run env DEBIAN_FRONTEND=noninteractive $line -qq; } >/dev/null 2>&1 && exit 0
  fi
  echo "Optional system packages are missing; to add them: sudo $line"
elif command -v brew >/dev/null 2>&1; then
  echo "Optional system packages are missing; to add them: brew install$missing"
else
  echo "Optional system packages are missing:$missing"
fi
exit 0
