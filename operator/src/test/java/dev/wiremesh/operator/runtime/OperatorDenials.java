package dev.wiremesh.operator.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.api.conditions.Conditions;
import dev.wiremesh.api.contract.ConditionType;
import dev.wiremesh.api.v1alpha1.IPAllocation;
import dev.wiremesh.testkit.junit.ConcurrentClass;
import dev.wiremesh.testkit.junit.RequiresKubernetes;
import dev.wiremesh.testkit.kubernetes.ControlPlane;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceQuotaBuilder;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Admission policies that deny requests of the operator, as an administrator of the cluster may have
 * them.
 */
final class OperatorDenials {
  /** The user name of the operator's ServiceAccount. */
  static final String OPERATOR =
      "system:serviceaccount:" + OperatorTestCluster.NAMESPACE + ":wiremesh-operator";

  private final KubernetesClient admin;

  OperatorDenials(KubernetesClient admin) {
    this.admin = admin;
  }

  /** An admission policy that denies the operator's requests, as an administrator may have one. */
  void deny(String name, String resource, String operation, String where) {
    apply(
        """
        apiVersion: admissionregistration.k8s.io/v1
        kind: ValidatingAdmissionPolicy
        metadata: {name: %s}
        spec:
          failurePolicy: Fail
          matchConstraints:
            resourceRules:
              - {apiGroups: ["*"], apiVersions: ["*"], resources: ["%s"], operations: [%s]}
          matchConditions:
            - name: operator
              expression: request.userInfo.username == "%s"
            - name: where
              expression: >-
                %s
          validations:
            - expression: "false"
              message: company rule %s
        """
            .formatted(name, resource, operation, OPERATOR, where, name));
    apply(
        """
        apiVersion: admissionregistration.k8s.io/v1
        kind: ValidatingAdmissionPolicyBinding
        metadata: {name: %s}
        spec: {policyName: %s, validationActions: [Deny]}
        """
            .formatted(name, name));
    awaitPolicies();
  }

  /** Removes the policy; the API server enforces it a moment longer. */
  void allow(String name) {
    admin
        .admissionRegistration()
        .v1()
        .validatingAdmissionPolicyBindings()
        .withName(name)
        .delete();
    admin
        .admissionRegistration()
        .v1()
        .validatingAdmissionPolicies()
        .withName(name)
        .delete();
  }

  /** A policy works a moment after it was created: a later one that works shows that it does. */
  private void awaitPolicies() {
    var probe = "probe-" + System.nanoTime();
    apply(
        """
        apiVersion: admissionregistration.k8s.io/v1
        kind: ValidatingAdmissionPolicy
        metadata: {name: %s}
        spec:
          failurePolicy: Fail
          matchConstraints:
            resourceRules:
              - {apiGroups: [""], apiVersions: ["*"], resources: [configmaps], operations: [CREATE]}
          matchConditions:
            - {name: probe, expression: object.metadata.name == "%s"}
          validations:
            - {expression: "false"}
        """
            .formatted(probe, probe));
    apply(
        """
        apiVersion: admissionregistration.k8s.io/v1
        kind: ValidatingAdmissionPolicyBinding
        metadata: {name: %s}
        spec: {policyName: %s, validationActions: [Deny]}
        """
            .formatted(probe, probe));
    var configMap =
        Serialization.unmarshal(
            "---\n{apiVersion: v1, kind: ConfigMap, metadata: {namespace: default, name: %s}}"
                .formatted(probe),
            GenericKubernetesResource.class);
    awaitRefused(() -> admin.resource(configMap).dryRun().create());
    allow(probe);
  }

  /** Waits until the API server refuses a request. */
  static void awaitRefused(Runnable request) {
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .until(() -> {
          try {
            request.run();
            return false;
          } catch (KubernetesClientException e) {
            return e.getCode() >= 400 && e.getCode() < 500;
          }
        });
  }

  private void apply(String yaml) {
    admin
        .resource(Serialization.unmarshal("---\n" + yaml, GenericKubernetesResource.class))
        .serverSideApply();
  }
}
