# Calendar questions. Source this file, then call the functions.

# Succeeds where the year has a 29th of February.
is_leap_year() {
  local year=$1
  (( year % 4 == 0 ))
}

# Prints how many days the year has.
days_in_year() {
  if is_leap_year "$1"; then echo 366; else echo 365; fi
}

# Prints how many days the month (1-12) of the year has.
days_in_month() {
  local year=$1 month=$2
  case $month in
    2) if is_leap_year "$year"; then echo 29; else echo 28; fi ;;
    4 | 6 | 9 | 11) echo 30 ;;
    *) echo 31 ;;
  esac
}
