package dev.wiremesh.api.v1alpha1;

/**
 * CEL rules of durations: hours, minutes and seconds in whole numbers, with an upper bound. The
 * patterns bound each number, because CEL's own error for a duration beyond 292 years says nothing
 * about the field.
 */
final class Durations {
  static final String KEEPALIVE =
      "self.matches('^(0{0,5}[0-9]{1,5}(h|m|s))+$') && duration(self) <= duration('65535s')";

  static final String KEEPALIVE_MESSAGE =
      "write a duration such as 25s, at most 65535s; 0s turns keepalives off";

  static final String REUSE =
      "self.matches('^(0{0,2}[0-9]{1,4}h|[0-9]{1,6}(m|s))+$') && duration(self) <= duration('8784h')";

  static final String REUSE_MESSAGE =
      "write a duration in hours, minutes and seconds, such as 24h or 1h30m, at most 8784h (a year)";

  private Durations() {}
}
