package dev.wiremesh.lab.cluster;

/** Names of objects that the lab creates as the chart does. */
public final class ClusterNames {
  public static final String NAMESPACE = "wiremesh-system";
  static final String OPERATOR = "wiremesh-operator";
  static final String AGENT = "wiremesh-agent";

  private ClusterNames() {}
}
