#!/usr/bin/env bash
# Checks every answer of calendar.sh. Exits with 1 where one is wrong.
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
source ./calendar.sh

passed=0 failed=0

# check WANTED COMMAND...: the command has to print what is wanted.
check() {
  local wanted=$1 got
  shift
  got=$("$@")
  if [[ $got == "$wanted" ]]; then
    passed=$((passed + 1))
    echo "ok    $*"
  else
    failed=$((failed + 1))
    echo "FAIL  $*: wanted $wanted, got $got"
  fi
}

check 365 days_in_year 2023
check 366 days_in_year 2024
check 365 days_in_year 1900
check 366 days_in_year 2000
check 30 days_in_month 2024 4
check 28 days_in_month 2023 2
check 28 days_in_month 1900 2
check 29 days_in_month 2000 2

echo
echo "$passed passed, $failed failed"
((failed == 0))
