package dev.wiremesh.agent.host.route;

/**
 * A planned route that is not in force as planned.
 *
 * @param message one sentence
 */
public record RouteFinding(Cause cause, String message) {
  /** The cause, and its effect. */
  public enum Cause {
    /** The route lies inside a prefix that the node is directly connected to: left out. */
    CONNECTED(true, false),
    /** The route is one address that the node reaches beside the mesh: left out. */
    BYPASS(true, false),
    /** The node uses addresses of the pool outside the mesh: the pool is left out. */
    POOL_LEFT_OUT(true, true),
    /** Some addresses of the pool belong to the node's own networks, and are left out. */
    POOL_CUT(false, true),
    /** The API server or a resolver has an address of the pool, and is reached by the mesh. */
    INSIDE_POOL(false, false);

    private final boolean leftOut;
    private final boolean problem;

    Cause(boolean leftOut, boolean problem) {
      this.leftOut = leftOut;
      this.problem = problem;
    }
  }

  /** Whether the route is not in the table. */
  public boolean isLeftOut() {
    return cause.leftOut;
  }

  /** Whether members of the mesh cannot be reached because of it. */
  public boolean isProblem() {
    return cause.problem;
  }
}
