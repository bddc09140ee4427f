package dev.wiremesh.api.contract;

import dev.wiremesh.api.ObjectNames;

/** The field managers of server-side apply: one for each writer whose fields stay apart. */
public final class FieldManagers {
  /** The operator's own fields. */
  public static final String OPERATOR = "wiremesh-operator";

  /**
   * The operator, for an agent that is silent: the agent's next apply takes the fields back. The
   * name dates from when only gateways were watched; another one would not own the fields that an
   * earlier version wrote.
   */
  public static final String OPERATOR_FOR_GATEWAYS = "wiremesh-operator-for-gateways";

  /** The agents: each writes objects, or lists of conditions, of its own. */
  public static final String AGENT = "wiremesh-agent";

  private FieldManagers() {}

  /** An agent, for its line in the one ConfigMap that all agents write. */
  public static String agentOf(String node) {
    return ObjectNames.fitting("wiremesh-agent-" + node, ObjectNames.LONGEST_FIELD_MANAGER);
  }
}
