package dev.wiremesh.agent;

import dev.wiremesh.agent.apply.AgentPorts;
import dev.wiremesh.agent.device.LinuxMeshDevices;
import dev.wiremesh.agent.host.FootprintStore;
import dev.wiremesh.agent.host.HostWatch;
import dev.wiremesh.agent.host.LinuxHostNetwork;
import dev.wiremesh.agent.host.NodeCleanup;
import dev.wiremesh.agent.http.AgentHttpServer;
import dev.wiremesh.agent.loop.ControlLoop;
import dev.wiremesh.agent.metrics.AgentMetrics;
import dev.wiremesh.agent.observe.NetworkStatus;
import dev.wiremesh.agent.report.ApiReporter;
import dev.wiremesh.agent.report.StatusWriter;
import dev.wiremesh.agent.resolve.DnsResolver;
import dev.wiremesh.agent.state.MeshStore;
import dev.wiremesh.agent.uninstall.ChartUninstall;
import dev.wiremesh.agent.watch.Informers;
import dev.wiremesh.wireguard.crypto.CipherBackend;
import dev.wiremesh.wireguard.linux.netlink.Rtnetlink;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The running agent: what it consists of, started in order and ended in the reverse one. */
final class Agent implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Agent.class);
  private static final Duration RESOLVE_EVERY = Duration.ofSeconds(60);

  private final Deque<AutoCloseable> parts = new ArrayDeque<>();

  private Agent() {}

  static Agent start(AgentConfig config, CipherBackend cipher, KubernetesClient client, Clock clock)
      throws IOException {
    var agent = new Agent();
    try {
      agent.startParts(config, cipher, client, clock);
      return agent;
    } catch (IOException | RuntimeException e) {
      agent.close();
      throw e;
    }
  }

  private void startParts(
      AgentConfig config, CipherBackend cipher, KubernetesClient client, Clock clock)
      throws IOException {
    // The loop is made last; until then nobody has anything to wake.
    var loop = new AtomicReference<@Nullable ControlLoop>();
    var version = AgentVersion.text();
    var startedAt = clock.instant();

    var writer = with(new StatusWriter());
    var netlink = with(Rtnetlink.open());
    var resolver =
        with(new DnsResolver(DnsResolver.Lookup.system(), RESOLVE_EVERY, () -> wake(loop)));
    var metrics = with(new AgentMetrics(() -> running(loop), version, config.compatibility()));
    var informers = with(new Informers(client, config.namespace(), () -> wake(loop)));
    metrics.watch(informers.watching());
    var uninstall =
        with(
            new ChartUninstall(
                client,
                config.namespace(),
                config.nodeName(),
                new NodeCleanup(netlink, config.stateDirectory()),
                writer,
                clock,
                () -> wake(loop)));
    var surroundings =
        new AgentPorts(
            new LinuxMeshDevices(cipher, config.offloads(), clock),
            new LinuxHostNetwork(netlink, config.stateDirectory()),
            new FootprintStore(config.stateDirectory()),
            new MeshStore(config.stateDirectory()),
            resolver,
            new ApiReporter(client, config.namespace(), writer, version, startedAt),
            metrics,
            uninstall);
    var control = new ControlLoop(informers, config.nodeName(), surroundings, clock);
    loop.set(control);
    metrics.countProblems(control::failures, control::unreadable);
    with(HostWatch.start(control::hostChanged));
    control.start();
    with(control);
    var http =
        with(
            AgentHttpServer.start(
                config.httpListen(), metrics::scrape, control::isAlive, control::isReady));
    LOG.atInfo()
        .addKeyValue("version", version)
        .addKeyValue("config", config)
        .addKeyValue("http", http.address())
        .log("Agent started");
  }

  private static void wake(AtomicReference<@Nullable ControlLoop> loop) {
    var control = loop.get();
    if (control != null) {
      control.wake();
    }
  }

  private static List<NetworkStatus> running(AtomicReference<@Nullable ControlLoop> loop) {
    var control = loop.get();
    return control == null ? List.of() : control.running();
  }

  private <T extends AutoCloseable> T with(T part) {
    parts.push(part);
    return part;
  }

  /** Ends the program's own parts. Interfaces, addresses, routes and rules stay as they are. */
  @Override
  public void close() {
    while (!parts.isEmpty()) {
      var part = parts.pop();
      try {
        part.close();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } catch (Exception e) {
        LOG.atWarn()
            .addKeyValue("part", part.getClass().getSimpleName())
            .setCause(e)
            .log("Not closed");
      }
    }
  }
}
