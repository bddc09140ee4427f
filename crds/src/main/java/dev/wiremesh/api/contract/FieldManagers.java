package dev.wiremesh.api.contract;

import dev.wiremesh.api.ObjectNames;

/** The field managers of server-side apply: one for each writer whose fields stay apart. */
public final class FieldManagers {
  /** The operator's own fields. */
  public static final String OPERATOR = "wiremesh-operator";

  /** The operator, for a gateway that is lost: that gateway's next apply takes the fields back. */
  public static final String OPERATOR_FOR_GATEWAYS = "wiremesh-operator-for-gateways";

  /** The agents: each writes objects, or lists of conditions, of its own. */
  public static final String AGENT = "wiremesh-agent";

  private FieldManagers() {}

  /** An agent, for its line in the one ConfigMap that all agents write. */
  public static String agentOf(String node) {
    return ObjectNames.fitting("wiremesh-agent-" + node, ObjectNames.LONGEST_FIELD_MANAGER);
  }
}
