package dev.wiremesh.operator.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wiremesh.api.conditions.ConditionDraft;
import dev.wiremesh.api.contract.ConditionType;
import dev.wiremesh.api.contract.Reason;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.RetryInfo;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import java.lang.reflect.Proxy;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** Failures of reconciliations: which are told by the object, when, and in which words. */
final class LimitedReconcilerTest {
  private final ConfigMap object =
      new ConfigMapBuilder().withNewMetadata().withName("it").endMetadata().build();
  private final List<Failure> told = new ArrayList<>();
  private Runnable work = () -> {};
  private final LimitedReconciler<ConfigMap> reconciler =
      new LimitedReconciler<>(
          new WorkLimit(1, (kind, took) -> {}), new RequeueSource<>("it", Clock.systemUTC())) {
        @Override
        protected UpdateControl<ConfigMap> reconcileNow(
            ConfigMap primary, Context<ConfigMap> context) {
          work.run();
          return UpdateControl.noUpdate();
        }

        @Override
        protected void tell(ConfigMap primary, Failure failure, Context<ConfigMap> context) {
          told.add(failure);
        }
      };

  @Test
  void refusalIsToldAtTheFirstAttemptInTheWordsOfTheApiServer() {
    fails(0, refusal(403, "secrets \"x\" is forbidden: exceeded quota"));

    assertThat(told)
        .containsExactly(
            new Failure(
                true,
                "The API server refuses a request: secrets \"x\" is forbidden: exceeded quota."));
  }

  @Test
  void conflictIsToldWhenItLasts() {
    for (int attempt = 0; attempt < 3; attempt++) {
      fails(attempt, refusal(409, "the object has been modified"));
      assertThat(told).isEmpty();
    }
    fails(3, refusal(409, "the object has been modified"));
    assertThat(told).singleElement().extracting(Failure::refused).isEqualTo(true);
  }

  @Test
  void webhookThatDoesNotAnswerIsToldWhenItLasts() {
    fails(0, refusal(500, "failed calling webhook \"x\": context deadline exceeded"));
    assertThat(told).isEmpty();
    fails(3, refusal(500, "failed calling webhook \"x\": context deadline exceeded"));
    assertThat(told)
        .singleElement()
        .extracting(Failure::message)
        .asString()
        .contains("failed calling webhook \"x\": context deadline exceeded");
  }

  @Test
  void defectOfTheOperatorIsToldWithItsExceptionAndRetried() {
    fails(
        3,
        () -> {
          throw new IllegalArgumentException("no such route");
        });

    assertThat(told)
        .containsExactly(
            new Failure(
                false,
                "Reconciliation fails in the operator with IllegalArgumentException: no such"
                    + " route. The operator's log has the details."));
    assertThat(reconciler.failing()).isEqualTo(1);
  }

  @Test
  void stackOverflowIsAFailureLikeAnyOther() {
    fails(
        3,
        () -> {
          throw new StackOverflowError();
        });

    assertThat(told)
        .singleElement()
        .extracting(Failure::message)
        .asString()
        .contains("StackOverflowError");
  }

  @Test
  void successEndsTheFailure() throws Exception {
    fails(3, refusal(403, "no"));
    assertThat(reconciler.failing()).isEqualTo(1);
    work = () -> {};
    reconciler.reconcile(object, context(4));
    assertThat(reconciler.failing()).isZero();
  }

  @Test
  void failedStepIsItsConditionAndReadyAndTheOthersGoOn() {
    var steps = steps(0);
    int address =
        steps.attempt(ConditionType.ADDRESS_ALLOCATED, refused("exceeded quota"), () -> 7);
    int key = steps.attempt(ConditionType.KEY_READY, () -> 8, () -> 9);
    steps.follow(ConditionType.PROGRAMMED, ConditionType.ADDRESS_ALLOCATED);

    assertThat(address).isEqualTo(7);
    assertThat(key).isEqualTo(8);
    assertThat(
            steps.in(
                List.of(
                    ConditionDraft.of(Reason.PEER_ACCEPTED, "Yes."),
                    ConditionDraft.of(Reason.PEER_KEY_GENERATED, "Yes."),
                    ConditionDraft.of(Reason.PEER_READY, "Yes."))))
        .extracting(draft -> draft.type().text() + "=" + draft.reason().text())
        .containsExactly(
            "Accepted=Accepted",
            "AddressAllocated=RequestRefused",
            "KeyReady=Generated",
            "Programmed=RequestRefused",
            "Ready=RequestRefused");
    assertThatThrownBy(steps::retry)
        .isInstanceOf(ReportedFailureException.class)
        .hasRootCauseInstanceOf(KubernetesClientException.class);
  }

  @Test
  void stepThatMayPassEndsTheAttempt() {
    var steps = steps(0);
    assertThatThrownBy(() -> steps.attempt(ConditionType.KEY_READY, refusal(409, "modified")))
        .isInstanceOf(KubernetesClientException.class);
  }

  private FailedSteps steps(int attempt) {
    return new FailedSteps(
        Reason.PEER_REQUEST_REFUSED, Reason.PEER_OPERATOR_ERROR, context(attempt));
  }

  private static Supplier<Integer> refused(String message) {
    return () -> {
      refusal(403, message).run();
      return 0;
    };
  }

  private static Runnable refusal(int code, String message) {
    return () -> {
      throw new KubernetesClientException(
          new StatusBuilder().withCode(code).withMessage(message).build());
    };
  }

  private void fails(int attempt, Runnable failure) {
    work = failure;
    assertThatThrownBy(() -> reconciler.reconcile(object, context(attempt)))
        .isInstanceOf(RuntimeException.class);
  }

  /** A context that knows how many attempts have failed. */
  @SuppressWarnings("unchecked")
  private static Context<ConfigMap> context(int failedAttempts) {
    var retry =
        new RetryInfo() {
          @Override
          public int getAttemptCount() {
            return failedAttempts;
          }

          @Override
          public boolean isLastAttempt() {
            return false;
          }
        };
    return (Context<ConfigMap>)
        Proxy.newProxyInstance(
            Context.class.getClassLoader(),
            new Class<?>[] {Context.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("getRetryInfo")) {
                return failedAttempts == 0 ? Optional.empty() : Optional.of(retry);
              }
              throw new UnsupportedOperationException(method.getName());
            });
  }
}
