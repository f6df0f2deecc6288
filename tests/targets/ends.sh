# Sourced by the scripts of this folder that run a program. They define `run_program`, which runs it with the given arguments.

# shellcheck shell=bash
failed=0
# The ends to run. Without a name, all of them.
wanted=()
# A file of its own: several runs may go on at once.
output=$(mktemp) || exit 1
trap 'rm -f "$output"' EXIT

# Runs one end of the program. Each argument after the exit code is a line of its output, or `no: ` and what it must not
# contain.
ends() {
  local way=$1 code=$2 seen expected missing=()
  shift 2
  [ ${#wanted[@]} -gt 0 ] && [[ " ${wanted[*]} " != *" $way "* ]] && return
  run_program "$way" >"$output" 2>&1
  seen=$?
  for expected in "$@"; do
    case $expected in
      "no: "*) ! grep -qF -- "${expected#no: }" "$output" ;;
      *) grep -qE -- "$expected" "$output" ;;
    esac || missing+=("$expected")
  done
  if [ $seen = "$code" ] && [ ${#missing[@]} = 0 ]; then
    printf '%-18s exit code %3d  ok\n' "$way" "$seen"
  elif [ $seen = "$SKIPPED" ] && grep '^refused: ' "$output"; then
    printf '%-18s not seen: the system refuses it\n' "$way"
  else
    failed=1
    printf '%-18s failed: exit code %d instead of %d\n' "$way" "$seen" "$code"
    [ ${#missing[@]} = 0 ] || printf '  not as expected: %s\n' "${missing[@]}"
    sed 's/^/  | /' "$output"
  fi
}
