# Sourced by bin/wiremesh: `wiremesh test`, all of it on JDK 25. It ends with the scenarios, the slowest classes, the
# skipped tests and the flaky ones.

# One line a skipped test: REASON <tab> CLASS.METHOD, from surefire's reports.
skipped_tests() {
  find "$WIREMESH_HOME" -path '*/target/surefire-reports/TEST-*.xml' -newer "$1" -print0 |
    xargs -0 -r awk '
      function attribute(line, name,   start) {
        start = index(line, " " name "=\"")
        if (!start) return ""
        line = substr(line, start + length(name) + 3)
        return substr(line, 1, index(line, "\"") - 1)
      }
      /<testcase / { test = attribute($0, "classname") (attribute($0, "name") ? "." attribute($0, "name") : "") }
      /<skipped/ { reason = attribute($0, "message"); print (reason ? reason : "no reason given") "\t" test }' |
    sed 's/&quot;/"/g; s/&apos;/'"'"'/g; s/&lt;/</g; s/&gt;/>/g; s/&#10;/ /g; s/&amp;/\&/g'
}

count_tests() {
  find "$WIREMESH_HOME" -path '*/target/surefire-reports/TEST-*.xml' -newer "$1" -print0 |
    xargs -0 -r grep -ho '<testcase ' | wc -l
}

# sed, not head: head ends its writer by SIGPIPE, and pipefail makes that a failure.
# The ten slowest classes: seconds spent in their tests, of which several may run at the same time.
list_slowest() {
  local slowest
  slowest=$(find "$WIREMESH_HOME" -path '*/target/surefire-reports/TEST-*.xml' -newer "$1" -print0 |
    xargs -0 -r awk '
      /<testcase / && match($0, / classname="[^"]*"/) {
        class = substr($0, RSTART + 12, RLENGTH - 13)
        sub(/.*\./, "", class)
        if (match($0, / time="[^"]*"/)) {
          time = substr($0, RSTART + 7, RLENGTH - 8)
          gsub(/,/, "", time)
          seconds[class] += time
        }
      }
      END { for (class in seconds) printf "%7.1f s  %s\n", seconds[class], class }' | sort -rn | sed -n 1,10p)
  [ -n "$slowest" ] || return 0
  say "Slowest test classes:"
  printf '%s\n' "$slowest" | sed 's/^/  /' >&2
  say ""
}

# The scenarios that ran, by name; the tests themselves write these lists.
list_scenarios() {
  local lists
  lists=$(find "$WIREMESH_HOME" -path '*/target/scenarios.txt' -newer "$1")
  [ -n "$lists" ] || return 0
  say "Scenarios (docs/reference/scenarios.md):"
  # shellcheck disable=SC2086 # a list of paths that this build made
  sort $lists | sed 's/^/  /' >&2
  say ""
}

# One line a test that failed and passed when it was tried again: CLASS.METHOD
flaky_tests() {
  find "$WIREMESH_HOME" -path '*/target/surefire-reports/TEST-*.xml' -newer "$1" -print0 |
    xargs -0 -r awk '
      /<testcase / && match($0, / name="[^"]*"/) {
        name = substr($0, RSTART + 7, RLENGTH - 8)
        match($0, / classname="[^"]*"/)
        test = substr($0, RSTART + 12, RLENGTH - 13) "." name
      }
      /<flaky(Failure|Error)[ >]/ && !seen[test]++ { print test }'
}

# Lines of skipped_tests, a reason once.
by_reason() {
  printf '%s\n' "$1" | awk -F '\t' '
    $1 != reason { reason = $1; print "  " reason }
    { print "    " $2 }' >&2
}

main() {
  local since status=0 skips elsewhere count flaky again=0 started=$SECONDS
  require_java jdk
  command -v mvn > /dev/null || die "there is no 'mvn': run 'bin/wiremesh setup' first"
  since=$(mktemp)
  # shellcheck disable=SC2064 # the file of now
  trap "rm -f '$since'" EXIT
  say "Testing with Java $(java_major "$JAVA_HOME") in $JAVA_HOME"
  # On machines of others a test that fails is tried once more, and named at the end if it passes then.
  [ "${CI:-}" != true ] || again=1
  (cd "$WIREMESH_HOME" && mvn -B -ntp -T 2 verify -Dsurefire.rerunFailingTestsCount=$again "$@" < /dev/null) ||
    status=$?
  skips=$(skipped_tests "$since" | sort)
  # Tests of another kind of machine, or of another tier, are no lack of this one.
  elsewhere=$(printf '%s' "$skips" | grep '^not applicable here: ' || true)
  skips=$(printf '%s' "$skips" | grep -v '^not applicable here: ' || true)
  count=$(printf '%s' "$skips" | grep -c . || true)
  say ""
  list_scenarios "$since"
  list_slowest "$since"
  if [ "$count" = 0 ]; then
    say "$(count_tests "$since") tests in $((SECONDS - started)) s, none skipped."
  else
    say "$(count_tests "$since") tests in $((SECONDS - started)) s; $count skipped:"
    by_reason "$skips"
  fi
  [ -z "$elsewhere" ] || by_reason "$elsewhere"
  flaky=$(flaky_tests "$since" | sort)
  if [ -n "$flaky" ]; then
    say "Failed, and passed when tried again; each is a defect to be mended:"
    printf '%s\n' "$flaky" | sed 's/^/  /' >&2
  fi
  [ $status = 0 ] || say "FAILED: see above, and */target/surefire-reports."
  return $status
}
