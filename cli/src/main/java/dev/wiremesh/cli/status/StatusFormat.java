package dev.wiremesh.cli.status;

import java.util.Locale;

/** The formats of a status beside tables. */
enum StatusFormat {
  WIDE,
  JSON,
  YAML;

  /** The name on the command line. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
