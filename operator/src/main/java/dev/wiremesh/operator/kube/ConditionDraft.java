package dev.wiremesh.operator.kube;

/**
 * What is to be said about one condition.
 *
 * @param reason one word of the fixed list
 * @param message a whole sentence
 */
public record ConditionDraft(String type, State state, String reason, String message) {

  /** Status of a condition. */
  public enum State {
    TRUE("True"),
    FALSE("False"),
    UNKNOWN("Unknown");

    private final String text;

    State(String text) {
      this.text = text;
    }

    String text() {
      return text;
    }
  }

  public static ConditionDraft yes(String type, String reason, String message) {
    return new ConditionDraft(type, State.TRUE, reason, message);
  }

  public static ConditionDraft no(String type, String reason, String message) {
    return new ConditionDraft(type, State.FALSE, reason, message);
  }
}
