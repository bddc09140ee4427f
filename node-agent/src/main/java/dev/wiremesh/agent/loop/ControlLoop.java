package dev.wiremesh.agent.loop;

import dev.wiremesh.agent.apply.AgentPorts;
import dev.wiremesh.agent.observe.LiveNetwork;
import dev.wiremesh.agent.state.StatePersister;
import dev.wiremesh.agent.time.AgentClock;
import dev.wiremesh.agent.time.Moment;
import dev.wiremesh.agent.time.MonotonicTime;
import dev.wiremesh.agent.watch.LocalNetwork;
import dev.wiremesh.agent.watch.WatchedObjects;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The control loop: one thread that owns the agent's state. Event sources only wake the loop; each
 * cycle reads current state (level-triggered):
 *
 * <ol>
 *   <li>Read the networks of this node, where they have changed.
 *   <li>Remove networks that this node is no longer part of, if the API server says so.
 *   <li>Judge the members of route groups and the gateways that relay, every second and when a
 *       reply of one is overdue.
 *   <li>Apply each network's plan, and withdraw routes with which the API server cannot be reached.
 *   <li>Observe the sessions, every few seconds and after a handshake; redial peers that did not
 *       answer; report to the API server.
 *   <li>Renew the Lease of this node, and persist what has changed.
 * </ol>
 */
public final class ControlLoop implements AutoCloseable {
  /** Longest sleep: deadlines are noticed this late. */
  private static final Duration TICK = Duration.ofSeconds(1);

  /** Changes arrive in bursts; wait this long to batch them. */
  private static final Duration BATCH = Duration.ofMillis(20);

  private static final Duration OBSERVE_EVERY = Duration.ofSeconds(5);
  private static final Duration RESYNC_EVERY = Duration.ofSeconds(60);

  /** A cycle that takes longer counts as a hung loop. */
  private static final Duration STUCK = Duration.ofSeconds(60);

  private final WatchedObjects objects;
  private final WakeUp wakeUp;
  private final AgentClock clock;
  private final NodeUninstall uninstall;
  private final KnownNetworks known;
  private final NetworkControllers networks;
  private final LeaseRenewal leaseRenewal;
  private final StatePersister persister;

  private final CycleFailures failures = new CycleFailures();

  private MonotonicTime observedAt = MonotonicTime.LONG_AGO;
  private MonotonicTime hostReadAt;
  private MonotonicTime probedAt = MonotonicTime.LONG_AGO;

  // Published for other threads.
  private volatile MonotonicTime lastCycle;
  private volatile boolean ready;
  private volatile List<LiveNetwork> live = List.of();

  private volatile boolean stopping;
  private @Nullable Thread thread;

  public ControlLoop(
      WatchedObjects objects, String node, AgentPorts ports, WakeUp wakeUp, AgentClock clock) {
    var now = clock.now().monotonic();
    this.objects = objects;
    this.wakeUp = wakeUp;
    this.clock = clock;
    this.uninstall = new NodeUninstall(ports.uninstall());
    this.known = new KnownNetworks(objects, node, ports.store(), now);
    this.networks = new NetworkControllers(ports, clock, wakeUp, failures);
    this.leaseRenewal = new LeaseRenewal(ports.reporter());
    this.persister = new StatePersister(ports.store());
    this.lastCycle = now;
    this.hostReadAt = now;
  }

  /** False if the loop hangs; any thread. */
  public boolean isAlive() {
    return clock.now().monotonic().since(lastCycle).compareTo(STUCK) < 0;
  }

  /** Whether all networks are known and applied; any thread. */
  public boolean isReady() {
    return ready;
  }

  /** The networks as of the last cycle; any thread. */
  public List<LiveNetwork> live() {
    return live;
  }

  /** Parts of cycles that failed by an exception since the start; any thread. */
  public long failures() {
    return failures.total();
  }

  /** Number of objects of a kind that are left out since they cannot be read; any thread. */
  public long unreadable(String kind) {
    return known.unreadable(kind);
  }

  public void start() {
    thread = Thread.ofPlatform().name("control").start(this::run);
  }

  private void run() {
    try {
      while (!stopping) {
        cycle();
        if (wakeUp.await(untilNextProbe())) {
          Thread.sleep(BATCH);
          wakeUp.drain();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      var now = known.get();
      if (known.areFromApi() && now != null) {
        persist(now, clock.now().monotonic(), true);
      }
      networks.close();
    }
  }

  /** Probes are due every second, however often the loop is woken, and when a reply is overdue. */
  private Duration untilNextProbe() {
    var now = clock.now().monotonic();
    var left = TICK.minus(now.since(probedAt));
    var untilOverdue = networks.nextProbeRound().since(now);
    var least = left.compareTo(untilOverdue) < 0 ? left : untilOverdue;
    return least.isNegative() ? Duration.ZERO : least.compareTo(TICK) > 0 ? TICK : least;
  }

  /** One cycle; called by the loop's thread, or a test's. */
  void cycle() {
    var now = clock.now();
    lastCycle = now.monotonic();
    // A bug must not end the agent: the data plane goes on, and the next cycle reads all anew.
    failures.contain("cycle", () -> cycle(now));
    failures.endCycle();
    ready = known.get() != null && networks.areSettled() && failures.areFew();
  }

  private void cycle(Moment now) {
    boolean probeDue = !now.monotonic().isBefore(probedAt.plus(TICK));
    if (probeDue) {
      probedAt = now.monotonic();
    }
    if (uninstall.isUnderWay(this::closeDevices)) {
      return;
    }
    // After a failed read, what is known stays in force: leases, retries and repairs go on.
    failures.contain("read", () -> read(now.monotonic()));
    var wanted = known.get();
    boolean lookAtHost = isHostDue(now.monotonic());
    if (wanted != null) {
      networks.forEach(network -> network.probe(probeDue, now.monotonic()));
      apply(wanted, lookAtHost);
      failures.contain("routes", this::guardRoutes);
      if (lookAtHost || areSessionsDue(now.monotonic())) {
        observe(now.monotonic());
      }
      if (known.areFromApi()) {
        leaseRenewal.renew(known.leaseHolder(), now);
        failures.contain("persist", () -> persist(wanted, now.monotonic(), false));
      }
    }
    live = networks.live();
  }

  private void read(MonotonicTime now) {
    if (known.read(now)) {
      // Changed objects may need a report at once.
      wakeUp.sessionsChanged();
    }
  }

  private void closeDevices() {
    networks.clear();
    known.forget();
    persister.forget();
    live = List.of();
  }

  /** Whether to compare the host with the plans: after a change, once a second at most. */
  private boolean isHostDue(MonotonicTime now) {
    boolean due =
        !now.isBefore(hostReadAt.plus(RESYNC_EVERY))
            || wakeUp.isHostChanged() && !now.isBefore(hostReadAt.plus(TICK));
    if (due) {
      wakeUp.clearHostChanged();
      hostReadAt = now;
    }
    return due;
  }

  private boolean areSessionsDue(MonotonicTime now) {
    return wakeUp.isSessionsChanged() || !now.isBefore(observedAt.plus(OBSERVE_EVERY));
  }

  private void apply(Map<String, LocalNetwork> wanted, boolean lookAtHost) {
    if (known.areFromApi()) {
      networks.removeAllBut(wanted);
    }
    networks.reconcile(wanted, lookAtHost);
  }

  private void guardRoutes() {
    if (networks.guardRoutes(!known.areFromApi() || !objects.isWatching())) {
      wakeUp.wake();
    }
  }

  private void observe(MonotonicTime now) {
    wakeUp.clearSessionsChanged();
    observedAt = now;
    networks.forEach(NetworkController::observe);
    networks.forEach(NetworkController::redial);
    if (known.areFromApi()) {
      networks.forEach(NetworkController::report);
    }
  }

  private void persist(Map<String, LocalNetwork> wanted, MonotonicTime now, boolean last) {
    persister.retain(wanted.keySet());
    wanted.forEach((name, local) ->
        networks
            .of(name)
            .filter(_ -> last || persister.isDue(name, now))
            .ifPresent(network ->
                persister.keep(
                    name, local, () -> known.objectsOf(name), network.learnedEndpoints(), now)));
  }

  /** Ends the loop and the devices; interfaces, addresses, routes and rules stay as they are. */
  @Override
  public void close() throws InterruptedException {
    stopping = true;
    wakeUp.wake();
    if (thread != null) {
      thread.join();
    }
  }
}
