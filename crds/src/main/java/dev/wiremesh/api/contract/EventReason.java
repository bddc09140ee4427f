package dev.wiremesh.api.contract;

/**
 * Reasons of the Events that say more than a change of Ready. A change of Ready is an Event too,
 * under the condition's {@link Reason}.
 */
public enum EventReason {
  KEY_REPLACED(
      "KeyReplaced",
      "Normal",
      "a Peer's Secret was deleted, and a new key generated",
      "fetch the configuration again: the old one does not work any more"),
  SECRET_ADOPTED(
      "SecretAdopted",
      "Normal",
      "a Peer's Secret was restored from a backup; its key stays in use",
      "nothing, unless the Secret was not restored on purpose: then delete it, and a new key is"
          + " generated"),
  CONFIG_CHANGED(
      "ConfigChanged",
      "Normal",
      "a Peer's configuration was written anew; the message names the lines that changed",
      "fetch the configuration again if the client needs what changed"),
  AGENT_SILENT(
      "AgentSilent",
      "Warning",
      "the agent of a node does not renew its Lease; written to the MeshNode",
      "as for the condition of this reason"),
  ROUTE_REFUSED(
      "RouteRefused",
      "Warning",
      "a route of a Peer is newly Rejected or in Conflict; the message says which and why",
      "the message says what to write instead; `status.routes` lists all"),
  ROUTE_ACCEPTED(
      "RouteAccepted", "Normal", "a route that was refused before is accepted now", "nothing"),
  ROUTE_ACTIVE(
      "RouteActive",
      "Normal",
      "a peer carries the traffic of a route's group now; another peer of the group did before",
      "look at the peer that carried it before: it did not answer, or is younger");

  private final String text;
  private final String eventType;
  private final String meaning;
  private final String advice;

  EventReason(String text, String eventType, String meaning, String advice) {
    this.text = text;
    this.eventType = eventType;
    this.meaning = meaning;
    this.advice = advice;
  }

  /** The reason as the Event has it. */
  public String text() {
    return text;
  }

  /** Normal or Warning. */
  public String eventType() {
    return eventType;
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
