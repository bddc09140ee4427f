package dev.wiremesh.lab.cluster;

/** Names that the chart gives, and the lab with it. */
final class ClusterNames {
  static final String NAMESPACE = "wiremesh-system";
  static final String OPERATOR = "wiremesh-operator";
  static final String AGENT = "wiremesh-agent";

  private ClusterNames() {}
}
