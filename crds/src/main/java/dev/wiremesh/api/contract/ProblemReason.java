package dev.wiremesh.api.contract;

/** Reasons of the entries in {@code status.problemPeers} of a MeshNode. */
public enum ProblemReason {
  ENDPOINT_UNRESOLVED(
      "EndpointUnresolved",
      "the name of its endpoint has no address; the other peers go on",
      "the message; `kubectl exec` into the agent and resolve the name there"),
  NEVER_CONNECTED(
      "NeverConnected",
      "another node of the network, and no handshake with it since this agent started",
      "does UDP reach the endpoint in the message?"),
  HANDSHAKE_STALE(
      "HandshakeStale",
      "another node of the network whose last handshake is too old",
      "is that node up? does UDP reach it?"),
  LEFT_OUT(
      "LeftOut",
      "another node of the network that is not on this node's device",
      "the message says why");

  private final String text;
  private final String meaning;
  private final String advice;

  ProblemReason(String text, String meaning, String advice) {
    this.text = text;
    this.meaning = meaning;
    this.advice = advice;
  }

  /** The reason as the API has it. */
  public String text() {
    return text;
  }

  /** The meaning; Markdown, no full stop. */
  public String meaning() {
    return meaning;
  }

  /** The remedy; Markdown, no full stop. */
  public String advice() {
    return advice;
  }
}
