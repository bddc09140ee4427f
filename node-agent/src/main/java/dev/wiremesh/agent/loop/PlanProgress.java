package dev.wiremesh.agent.loop;

import dev.wiremesh.agent.time.MonotonicTime;

/**
 * Progress of the wanted plan: the applied generation, and the time of the next attempt. Plans are
 * counted by generations since the agent started. Owned by the control thread.
 */
final class PlanProgress {
  private final Backoff backoff = new Backoff();
  private long desired;
  private long tried;
  private long applied;
  private long appliedMeshNode;
  private long resolverVersion = -1;
  private boolean settled;

  /** Generation of the newest plan; 0 as long as there is none. */
  long desired() {
    return desired;
  }

  /** Generation of the plan that is applied completely; 0 if none is. */
  long applied() {
    return applied;
  }

  /** {@code metadata.generation} of the MeshNode whose plan is applied; 0 if none is. */
  long appliedMeshNode() {
    return appliedMeshNode;
  }

  /** Plan or keys are new. */
  void changed() {
    desired++;
    settled = false;
  }

  /** Plan or keys are missing. */
  void unsettle() {
    settled = false;
  }

  /** Whether the newest plan is applied completely. */
  boolean isSettled() {
    return settled;
  }

  /** Whether the newest plan was never applied, not even in part. */
  boolean isUntried() {
    return desired != tried;
  }

  boolean isRetryDue(MonotonicTime now) {
    return backoff.isDue(now);
  }

  /** Whether endpoints may resolve to other addresses than when the plan was last tried. */
  boolean isResolvedAnew(long version) {
    return version != resolverVersion;
  }

  void begin(long version) {
    tried = desired;
    resolverVersion = version;
  }

  void succeeded(long meshNodeGeneration) {
    settled = true;
    applied = desired;
    appliedMeshNode = meshNodeGeneration;
    backoff.succeeded();
  }

  void failed(MonotonicTime now) {
    settled = false;
    backoff.failed(now);
  }

  /** A new generation of the MeshNode leads to the plan that is applied already. */
  void confirm(long meshNodeGeneration) {
    appliedMeshNode = meshNodeGeneration;
  }
}
