package dev.wiremesh.agent;

/** The version in the jar's manifest. */
final class AgentVersion {
  private AgentVersion() {}

  static String text() {
    var version = AgentVersion.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }
}
