package dev.wiremesh.operator.kube;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.RetryInfo;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The cause of a failed reconciliation, as an object's condition reports it.
 *
 * @param refused whether the API server refused a request; otherwise the operator failed
 * @param message a whole sentence; of a refusal the API server's own
 */
public record Failure(boolean refused, String message) {
  /** Answers that another attempt may well not get: conflict, too many requests and the like. */
  private static final Set<Integer> PASSING = Set.of(404, 408, 409, 425, 429);

  /** Failed attempts in a row after which a failure that may pass is reported. */
  private static final int PATIENCE = 3;

  public static Failure of(Throwable thrown) {
    var answer = answer(thrown);
    if (answer != null) {
      return new Failure(true, "The API server refuses a request: " + sentence(answer));
    }
    if (thrown instanceof ExplainedException explained) {
      return new Failure(
          false, "Reconciliation fails: " + ended(String.valueOf(explained.getMessage())));
    }
    var message = thrown.getMessage();
    return new Failure(
        false,
        "Reconciliation fails in the operator with "
            + thrown.getClass().getSimpleName()
            + (message == null ? "" : ": " + message)
            + (message == null || !message.endsWith(".") ? "." : "")
            + " The operator's log has the details.");
  }

  /**
   * Whether to report the failure now. A refusal is reported at the first attempt; a conflict, an
   * overloaded API server or an error of the operator may be gone at the next, and is reported when
   * it is not.
   */
  public static boolean isTold(Throwable thrown, Context<?> context) {
    var answer = answer(thrown);
    boolean isRefusal =
        thrown instanceof ExplainedException
            || answer != null
                && answer.getCode() >= 400
                && answer.getCode() < 500
                && !PASSING.contains(answer.getCode());
    return isRefusal
        || context.getRetryInfo().map(RetryInfo::getAttemptCount).orElse(0) >= PATIENCE;
  }

  /** The API server's answer among the causes; null if there was none. */
  private static @Nullable KubernetesClientException answer(Throwable thrown) {
    for (var cause = thrown; cause != null; cause = cause.getCause()) {
      if (cause instanceof KubernetesClientException answer && answer.getCode() > 0) {
        return answer;
      }
    }
    return null;
  }

  private static String sentence(KubernetesClientException answer) {
    var status = answer.getStatus();
    var sentence = status == null ? null : status.getMessage();
    return ended(
        sentence == null || sentence.isBlank() ? String.valueOf(answer.getMessage()) : sentence);
  }

  private static String ended(String sentence) {
    return sentence.endsWith(".") ? sentence : sentence + ".";
  }
}
