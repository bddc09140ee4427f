package dev.wiremesh.cli.kube;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ApiRequestTest {
  @Test
  void missingRightToASecretIsGivenByARole() {
    assertThat(new ApiRequest("get", "secrets", "default", "a-wiremesh").missingRight("jane@x.org"))
        .isEqualTo(
            """
            you (jane@x.org) may not get secrets a-wiremesh in namespace default. An administrator can allow it:
              kubectl create role wiremesh-get-secrets -n default --verb=get --resource=secrets --resource-name=a-wiremesh
              kubectl create rolebinding wiremesh-get-secrets-jane-x-org -n default --role=wiremesh-get-secrets --user=jane@x.org\
            """);
  }

  @Test
  void missingRightToListTheClusterIsGivenByAClusterRole() {
    assertThat(
            new ApiRequest("list", "peers.wiremesh.dev", null, null)
                .missingRight("system:serviceaccount:ci:robot"))
        .isEqualTo(
            """
            you (system:serviceaccount:ci:robot) may not list peers.wiremesh.dev in the whole cluster. An administrator can allow it:
              kubectl create clusterrole wiremesh-list-peers --verb=list --resource=peers.wiremesh.dev
              kubectl create clusterrolebinding wiremesh-list-peers-system-serviceaccount-ci-robot --clusterrole=wiremesh-list-peers --serviceaccount=ci:robot\
            """);
  }
}
