package dev.wiremesh.api.contract;

/** Status of a condition. */
public enum ConditionStatus {
  TRUE("True"),
  FALSE("False"),
  UNKNOWN("Unknown");

  private final String text;

  ConditionStatus(String text) {
    this.text = text;
  }

  /** The status as the API has it. */
  public String text() {
    return text;
  }
}
