package dev.wiremesh.operator.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wiremesh.api.conditions.ConditionDraft;
import dev.wiremesh.api.contract.ConditionType;
import dev.wiremesh.api.contract.Reason;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.api.config.Cloner;
import io.javaoperatorsdk.operator.api.config.ConfigurationService;
import io.javaoperatorsdk.operator.api.config.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.RetryInfo;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
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
  private Optional<ConfigMap> watched = Optional.empty();
  private final List<ConfigMap> reconciled = new ArrayList<>();
  private final LimitedReconciler<ConfigMap> reconciler =
      new LimitedReconciler<>(
          new WorkLimit(1, (kind, took) -> {}),
          new RequeueSource<>("it", Clock.systemUTC()),
          one -> watched) {
        @Override
        protected UpdateControl<ConfigMap> reconcileNow(
            ConfigMap primary, Context<ConfigMap> context) {
          reconciled.add(primary);
          work.run();
          return UpdateControl.noUpdate();
        }

        @Override
        protected Object operatorsPart(ConfigMap primary) {
          return primary.getData();
        }

        @Override
        protected void reportFailure(
            ConfigMap primary, Failure failure, Context<ConfigMap> context) {
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
  void newerVersionOfTheCacheWhoseEventsRequeueIsReconciled() throws Exception {
    var older = version("uid", "9", "before");
    var newer = version("uid", "10", "after");

    watched = Optional.of(newer);
    reconciler.reconcile(older, context(0));
    watched = Optional.of(older);
    reconciler.reconcile(newer, context(0));
    watched = Optional.empty();
    reconciler.reconcile(older, context(0));

    assertThat(reconciled).containsExactly(newer, newer, older);
  }

  @Test
  void primaryIsRequeuedByWhatAnotherProcessWroteAndWhenItIsReplaced() {
    var requeued = new ArrayList<ResourceID>();
    var requeues = reconciler.requeues();
    requeues.setEventHandler(event -> requeued.add(event.getRelatedCustomResourceID()));
    requeues.start();
    var before = version("uid", "1", "before");

    reconciler.primaryChanged(null, before);
    reconciler.primaryChanged(before, version("uid", "2", "before"));
    var own = version("uid", "3", "after");
    requeues.wrote(own);
    reconciler.primaryChanged(before, own);
    assertThat(requeued).isEmpty();

    reconciler.primaryChanged(before, version("uid", "4", "after"));
    assertThat(requeued).hasSize(1);
    reconciler.primaryChanged(before, version("another uid", "5", "before"));
    assertThat(requeued).hasSize(2);
    reconciler.primaryChanged(before, null);
    assertThat(requeued).hasSize(2);
    assertThat(requeues.isOwnWrite(own)).as("of a primary that is gone").isFalse();
  }

  private static ConfigMap version(String uid, String resourceVersion, String part) {
    return new ConfigMapBuilder()
        .withNewMetadata()
        .withName("it")
        .withUid(uid)
        .withResourceVersion(resourceVersion)
        .endMetadata()
        .addToData("part", part)
        .build();
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
    Cloner cloner =
        new Cloner() {
          @Override
          public <R extends HasMetadata> R clone(R object) {
            return object;
          }
        };
    return (Context<ConfigMap>)
        Proxy.newProxyInstance(
            Context.class.getClassLoader(),
            new Class<?>[] {
              Context.class, ControllerConfiguration.class, ConfigurationService.class
            },
            (proxy, method, arguments) ->
                switch (method.getName()) {
                  case "getRetryInfo" ->
                      failedAttempts == 0 ? Optional.empty() : Optional.of(retry);
                  case "getControllerConfiguration", "getConfigurationService" -> proxy;
                  case "getResourceCloner" -> cloner;
                  default -> throw new UnsupportedOperationException(method.getName());
                });
  }
}
