package dev.wiremesh.agent.loop;

import dev.wiremesh.agent.apply.AgentPorts;
import dev.wiremesh.agent.host.HostFootprint;
import dev.wiremesh.agent.observe.NetworkStatus;
import dev.wiremesh.agent.state.StatePersister;
import dev.wiremesh.agent.watch.LocalNetwork;
import dev.wiremesh.agent.watch.LocalNetworks;
import dev.wiremesh.agent.watch.PersistedObjects;
import dev.wiremesh.agent.watch.WatchedObjects;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.wireguard.device.DeviceListener;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One thread owns everything that the agent knows and does. Whoever has news only wakes it; each
 * cycle looks at what is so now (level, not edge):
 *
 * <ol>
 *   <li>Read what is watched, if it changed; not before everything was listed once. Until then what
 *       the disk remembers takes its place: a restart interrupts traffic, and listing takes seconds
 *       even where the API server is there.
 *   <li>Put each network's plan in force.
 *   <li>Remove networks that this node is no longer part of, if the API server says so.
 *   <li>Look at the sessions, now and then or after a handshake, and report.
 *   <li>Renew the lease of a gateway, and keep on disk what is new.
 * </ol>
 */
public final class ControlLoop implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ControlLoop.class);

  /** How long the loop sleeps at most: what only time changes is seen by then. */
  private static final Duration TICK = Duration.ofSeconds(1);

  /** News comes in showers. */
  private static final Duration GATHER = Duration.ofMillis(20);

  private static final Duration OBSERVE_EVERY = Duration.ofSeconds(5);
  private static final Duration RESYNC_EVERY = Duration.ofSeconds(60);

  /** An API server that is there has told everything by then, more often than not. */
  private static final Duration API_WITHIN = Duration.ofSeconds(3);

  /** Cycles that fail one after the other until the agent says that it is not ready. */
  private static final int MOST_FAILURES = 3;

  private static final Duration STUCK = Duration.ofSeconds(60);

  private final WatchedObjects objects;
  private final String node;
  private final LocalNetworks memberships;
  private final StatePersister remembrance;
  private final NodeUninstall departure;
  private final LeaseRenewal leaseRenewal;
  private final AgentPorts surroundings;
  private final Clock clock;

  private final Map<String, NetworkController> members = new TreeMap<>();
  private final Map<String, HostFootprint> leftovers;
  private @Nullable Map<String, LocalNetwork> known;
  private long readVersion = -1;

  /** Whether the API server told what is known, and not the disk. */
  private boolean fromApi;

  private boolean recalled;
  private final Instant apiExpected;
  private boolean apiMissed;
  private Instant observedAt = Instant.MIN;
  private Instant lookedAtHost;

  private final Semaphore news = new Semaphore(0);
  private volatile boolean hostChanged;
  private volatile boolean sessionsChanged;
  private volatile boolean stopping;
  private volatile Instant lastCycle;
  private volatile boolean ready;
  private volatile long failures;
  private int failedInARow;
  private boolean failedNow;
  private volatile List<NetworkStatus> running = List.of();
  private @Nullable Thread thread;

  public ControlLoop(WatchedObjects objects, String node, AgentPorts surroundings, Clock clock) {
    this.objects = objects;
    this.node = node;
    this.leaseRenewal = new LeaseRenewal(surroundings.reporter());
    this.departure = new NodeUninstall(surroundings.uninstall());
    this.remembrance = new StatePersister(surroundings.store());
    this.memberships = new LocalNetworks(objects, node);
    this.surroundings = surroundings;
    this.clock = clock;
    this.leftovers = new HashMap<>(surroundings.footprints().load());
    this.apiExpected = clock.instant().plus(API_WITHIN);
    this.lastCycle = clock.instant();
    this.lookedAtHost = clock.instant();
  }

  /** Something is new; any thread. */
  public void wake() {
    if (news.availablePermits() == 0) {
      news.release();
    }
  }

  /** The host's network changed, by whomever; any thread. */
  public void hostChanged() {
    hostChanged = true;
    wake();
  }

  /** False if the loop hangs; any thread. */
  public boolean isAlive() {
    return Duration.between(lastCycle, clock.instant()).compareTo(STUCK) < 0;
  }

  /** Whether all is known and in force; any thread. */
  public boolean isReady() {
    return ready;
  }

  /** What runs now; any thread. */
  public List<NetworkStatus> running() {
    return running;
  }

  /** Parts of cycles that failed by an exception since the start; any thread. */
  public long failures() {
    return failures;
  }

  /** How many objects of a kind are left out since they cannot be read; any thread. */
  public long unreadable(String kind) {
    return memberships.unreadable(kind);
  }

  public void start() {
    thread = Thread.ofPlatform().name("control").start(this::run);
  }

  private void run() {
    try {
      while (!stopping) {
        cycle();
        if (news.tryAcquire(TICK.toMillis(), TimeUnit.MILLISECONDS)) {
          Thread.sleep(GATHER);
          news.drainPermits();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      var asOfNow = known;
      if (fromApi && asOfNow != null) {
        remember(asOfNow, clock.instant(), true);
      }
      members.values().forEach(NetworkController::close);
    }
  }

  /** One turn; the loop's thread, or a test's. */
  void cycle() {
    var now = clock.instant();
    lastCycle = now;
    failedNow = false;
    try {
      if (departure.isUnderWay(this::closeDevices)) {
        return;
      }
      // What is known stays in force when a read fails: leases, retries and repairs go on.
      attempt("read", () -> read(now));
      boolean lookAtHost = lookAtHostNow(now);
      if (known != null) {
        reconcile(known, lookAtHost);
        boolean due = !now.isBefore(observedAt.plus(OBSERVE_EVERY));
        if (due || sessionsChanged || lookAtHost) {
          sessionsChanged = false;
          observedAt = now;
          members.forEach(
              (network, member) -> attempt("observe " + network, () -> member.observe(fromApi)));
        }
        if (fromApi) {
          leaseRenewal.renew(memberships.gateway(), now);
          var asOfNow = known;
          attempt("persist", () -> remember(asOfNow, now, false));
        }
      }
    } catch (RuntimeException e) {
      failed("cycle", e);
    } finally {
      failedInARow = failedNow ? failedInARow + 1 : 0;
    }
    publish();
  }

  /** A bug in one part of a cycle must not keep the other parts, or other networks, from theirs. */
  private void attempt(String part, Runnable task) {
    try {
      task.run();
    } catch (RuntimeException e) {
      failed(part, e);
    }
  }

  @SuppressWarnings("NonAtomicOperationOnVolatileField") // one writer
  private void failed(String part, RuntimeException failure) {
    failedNow = true;
    failures++;
    if (failedInARow == 0) {
      LOG.atError().addKeyValue("part", part).setCause(failure).log("Control cycle failed");
    } else {
      LOG.atDebug().addKeyValue("part", part).setCause(failure).log("Control cycle failed again");
    }
  }

  private void closeDevices() {
    members.values().forEach(NetworkController::close);
    members.clear();
    known = null;
    running = List.of();
  }

  /** A busy node changes all the time; it is looked at once a second at most. */
  private boolean lookAtHostNow(Instant now) {
    boolean due =
        !now.isBefore(lookedAtHost.plus(RESYNC_EVERY))
            || hostChanged && !now.isBefore(lookedAtHost.plus(TICK));
    if (due) {
      hostChanged = false;
      lookedAtHost = now;
    }
    return due;
  }

  private void read(Instant now) {
    long version = objects.version();
    if (version != readVersion) {
      var read = memberships.read();
      if (read.isPresent()) {
        if (apiMissed) {
          LOG.info("The API server answers; going on with what it says");
        }
        known = read.get();
        fromApi = true;
        readVersion = version;
        // What is new in the API may be worth a report at once.
        sessionsChanged = true;
      }
    }
    if (known == null && !recalled) {
      recalled = true;
      known = recall().orElse(null);
    }
    if (known != null && !fromApi && !apiMissed && !now.isBefore(apiExpected)) {
      apiMissed = true;
      LOG.atWarn()
          .addKeyValue("networks", String.join(", ", known.keySet()))
          .log("The API server does not answer; going on with what was known last");
    }
  }

  /** What this node was part of, it still is as far as anybody knows. */
  private Optional<Map<String, LocalNetwork>> recall() {
    var remembered = new PersistedObjects(surroundings.store().load());
    return new LocalNetworks(remembered, node).read().filter(networks -> !networks.isEmpty());
  }

  private void remember(Map<String, LocalNetwork> memberships, Instant now, boolean lastTime) {
    remembrance.retain(memberships.keySet());
    memberships.forEach((network, membership) -> {
      var member = members.get(network);
      if (member != null && (lastTime || remembrance.isDue(network, now))) {
        remembrance.keep(
            network,
            membership,
            () -> this.memberships.objectsOf(network),
            member.learnedEndpoints(),
            now);
      }
    });
  }

  private void reconcile(Map<String, LocalNetwork> wanted, boolean lookAtHost) {
    if (fromApi) {
      removeAllBut(wanted);
    }
    wanted.forEach((network, membership) ->
        attempt(
            "reconcile " + network,
            () ->
                members
                    .computeIfAbsent(network, this::newMember)
                    .reconcile(membership, lookAtHost)));
  }

  private NetworkController newMember(String network) {
    return new NetworkController(
        network, surroundings, clock, new Listener(), leftovers.remove(network));
  }

  private void removeAllBut(Map<String, LocalNetwork> wanted) {
    // Left by an earlier agent: a member that never starts knows how to remove it.
    for (var network : List.copyOf(leftovers.keySet())) {
      if (!wanted.containsKey(network)) {
        members.put(network, newMember(network));
      }
    }
    for (var network : new ArrayList<>(members.keySet())) {
      if (!wanted.containsKey(network)) {
        remove(network);
      }
    }
  }

  private void remove(String network) {
    var member = members.get(network);
    var failure = member == null ? null : member.remove().orElse(null);
    if (failure != null) {
      LOG.atError().addKeyValue("network", network).setCause(failure).log("Network not removed");
      return;
    }
    members.remove(network);
    LOG.atInfo().addKeyValue("network", network).log("Network removed from this node");
  }

  private void publish() {
    running = members.values().stream().map(NetworkController::running).toList();
    ready =
        known != null
            && failedInARow < MOST_FAILURES
            && members.values().stream().allMatch(NetworkController::isSettled);
  }

  /** Ends the loop and the devices; interfaces, addresses, routes and rules stay as they are. */
  @Override
  public void close() throws InterruptedException {
    stopping = true;
    wake();
    if (thread != null) {
      thread.join();
    }
  }

  private final class Listener implements DeviceListener {
    @Override
    public void handshakeCompleted(PublicKey peer, boolean initiator, @Nullable Duration duration) {
      sessionsChanged = true;
      wake();
    }

    @Override
    public void interfaceGone() {
      hostChanged();
    }
  }
}
