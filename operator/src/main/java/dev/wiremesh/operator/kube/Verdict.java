package dev.wiremesh.operator.kube;

/**
 * What is to be said about one condition.
 *
 * @param reason one word of the fixed list
 * @param message a whole sentence
 */
public record Verdict(String type, State state, String reason, String message) {

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

  public static Verdict yes(String type, String reason, String message) {
    return new Verdict(type, State.TRUE, reason, message);
  }

  public static Verdict no(String type, String reason, String message) {
    return new Verdict(type, State.FALSE, reason, message);
  }
}
