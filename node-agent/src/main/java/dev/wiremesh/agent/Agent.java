package dev.wiremesh.agent;

import dev.wiremesh.agent.apply.AgentPorts;
import dev.wiremesh.agent.bypass.ApiAccess;
import dev.wiremesh.agent.bypass.ApiServerAddresses;
import dev.wiremesh.agent.bypass.NodeBypass;
import dev.wiremesh.agent.bypass.ResolverFiles;
import dev.wiremesh.agent.bypass.TcpApiProbe;
import dev.wiremesh.agent.device.LinuxMeshDevices;
import dev.wiremesh.agent.host.FootprintStore;
import dev.wiremesh.agent.host.HostWatch;
import dev.wiremesh.agent.host.LinuxHostNetwork;
import dev.wiremesh.agent.host.NodeCleanup;
import dev.wiremesh.agent.host.route.OwnershipMarks;
import dev.wiremesh.agent.host.sysctl.NodeSettings;
import dev.wiremesh.agent.http.AgentHttpServer;
import dev.wiremesh.agent.loop.ControlLoop;
import dev.wiremesh.agent.loop.WakeUp;
import dev.wiremesh.agent.metrics.AgentMetrics;
import dev.wiremesh.agent.report.ApiReporter;
import dev.wiremesh.agent.report.StatusWriter;
import dev.wiremesh.agent.resolve.DnsResolver;
import dev.wiremesh.agent.state.MeshStore;
import dev.wiremesh.agent.time.AgentClock;
import dev.wiremesh.agent.uninstall.ChartUninstall;
import dev.wiremesh.agent.watch.Informers;
import dev.wiremesh.wireguard.crypto.CipherBackend;
import dev.wiremesh.wireguard.io.CloseOnFailure;
import dev.wiremesh.wireguard.linux.netlink.Rtnetlink;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The running agent: its parts, started in order and closed in the reverse one. */
final class Agent implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Agent.class);
  private static final Duration CHECK_EVERY = Duration.ofSeconds(10);
  private static final int EXIT_HUNG = 70;
  private static final Duration LISTEN_AGAIN_EVERY = Duration.ofSeconds(5);
  private static final Duration RESOLVE_EVERY = Duration.ofSeconds(60);

  private final CloseOnFailure parts;

  private Agent(CloseOnFailure parts) {
    this.parts = parts;
  }

  static Agent start(AgentConfig config, CipherBackend cipher, KubernetesClient client, Clock clock)
      throws IOException {
    try (var opened = new CloseOnFailure()) {
      startParts(opened, config, cipher, client, clock);
      return new Agent(opened.move());
    }
  }

  private static void startParts(
      CloseOnFailure opened,
      AgentConfig config,
      CipherBackend cipher,
      KubernetesClient client,
      Clock clock)
      throws IOException {
    var wakeUp = new WakeUp();
    var version = AgentVersion.text();
    var startedAt = clock.instant();
    var state = config.stateDirectory();

    var metrics = opened.add(new AgentMetrics(version, config.compatibility()));
    var writer = opened.add(new StatusWriter());
    var leaseWriter = opened.add(new StatusWriter());
    var netlink = opened.add(Rtnetlink.open());
    var resolver =
        opened.add(new DnsResolver(DnsResolver.Lookup.system(), RESOLVE_EVERY, wakeUp::wake));
    var informers = opened.add(new Informers(client, config.namespace(), wakeUp::wake));
    metrics.watch(informers.watching());
    var uninstall =
        opened.add(
            new ChartUninstall(
                client,
                config.namespace(),
                config.nodeName(),
                new NodeCleanup(netlink, state),
                writer,
                clock,
                wakeUp::wake));
    var apiServer =
        opened.add(new ApiServerAddresses(client, System.getenv(), state, wakeUp::wake));
    var probe = opened.add(new TcpApiProbe(OwnershipMarks.MARK, wakeUp::wake));
    var settings = new NodeSettings();
    metrics.advise(settings);
    var ports =
        new AgentPorts(
            new AgentPorts.Node(
                new LinuxMeshDevices(cipher, config.offloads(), clock),
                new LinuxHostNetwork(netlink, state, settings),
                uninstall),
            new AgentPorts.Files(new FootprintStore(state), new MeshStore(state)),
            resolver,
            new ApiReporter(client, config.namespace(), writer, leaseWriter, version, startedAt),
            metrics,
            new ApiAccess(new NodeBypass(apiServer, ResolverFiles.ofNode()), probe));
    opened.add(HostWatch.start(wakeUp::hostChanged));
    var control =
        opened.add(
            new ControlLoop(informers, config.nodeName(), ports, wakeUp, AgentClock.system(clock)));
    metrics.collect(control::live);
    metrics.countProblems(control::failures, control::unreadable);
    control.start();
    opened.add(
        Watchdog.start(control::isAlive, CHECK_EVERY, () -> Runtime.getRuntime().halt(EXIT_HUNG)));
    var http =
        opened.add(
            AgentHttpServer.start(
                config.httpListen(),
                new AgentHttpServer.Content(metrics::scrape, control::isAlive, control::isReady),
                LISTEN_AGAIN_EVERY));
    log.atInfo()
        .addKeyValue("version", version)
        .addKeyValue("config", config)
        .addKeyValue("http", http.address().map(InetSocketAddress::toString).orElse("none"))
        .log("Agent started");
  }

  /** Closes the program's own parts. Interfaces, addresses, routes and rules stay as they are. */
  @Override
  public void close() {
    try {
      parts.close();
    } catch (IllegalStateException e) {
      log.atWarn().setCause(e).log("Some parts of the agent were not closed");
    }
  }
}
