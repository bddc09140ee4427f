# Sourced by bin/wiremesh: `wiremesh images`, operator and agent as container images.

# The bill of materials of each image, made anew when its program was.
bills() {
  local module old=""
  for module in operator node-agent; do
    [ "$WIREMESH_HOME/$module/target/bom.json" -nt "$(stamp_of "$module")" ] || old=$old,$module
  done
  [ -n "$old" ] || return 0
  say "Listing what the programs are made of (CycloneDX)"
  (cd "$WIREMESH_HOME" && mvn -q -B -ntp -pl "${old#,}" -am package cyclonedx:makeBom \
    -Dmaven.test.skip=true < /dev/null > target/bills.log 2>&1) ||
    die "cannot list them; what Maven said is in $WIREMESH_HOME/target/bills.log"
}

main() {
  case " $* " in *" --help "* | *" -h "*) run images --help ;; esac
  # jlink is not in a Java runtime.
  require_java jdk
  build operator node-agent images
  bills
  run images --root "$WIREMESH_HOME" "$@"
}
