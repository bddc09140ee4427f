package dev.wiremesh.api.v1alpha1;

/** CEL rules of durations: hours, minutes and seconds in whole numbers, with an upper bound. */
final class Durations {
  static final String KEEPALIVE =
      "self.matches('^([0-9]{1,10}(h|m|s))+$') && duration(self) <= duration('65535s')";

  static final String KEEPALIVE_MESSAGE =
      "write a duration such as 25s, at most 65535s; 0s turns keepalives off";

  static final String REUSE =
      "self.matches('^([0-9]{1,6}(h|m|s))+$') && duration(self) <= duration('8784h')";

  static final String REUSE_MESSAGE =
      "write a duration in hours, minutes and seconds, such as 24h or 1h30m, at most 8784h (a year)";

  private Durations() {}
}
