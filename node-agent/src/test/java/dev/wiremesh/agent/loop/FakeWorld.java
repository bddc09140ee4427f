package dev.wiremesh.agent.loop;

import dev.wiremesh.agent.bypass.ApiProbe;
import dev.wiremesh.agent.bypass.ApiTarget;
import dev.wiremesh.agent.bypass.BypassAddresses;
import dev.wiremesh.agent.bypass.BypassSource;
import dev.wiremesh.agent.device.MeshDevices;
import dev.wiremesh.agent.host.HostFootprint;
import dev.wiremesh.agent.host.HostNetwork;
import dev.wiremesh.agent.host.HostPlan;
import dev.wiremesh.agent.host.route.RouteFinding;
import dev.wiremesh.agent.report.NodeReport;
import dev.wiremesh.agent.report.PeerReport;
import dev.wiremesh.agent.report.Reporter;
import dev.wiremesh.agent.resolve.EndpointResolver;
import dev.wiremesh.agent.time.AgentClock;
import dev.wiremesh.agent.time.Moment;
import dev.wiremesh.agent.time.MonotonicTime;
import dev.wiremesh.agent.uninstall.Uninstall;
import dev.wiremesh.agent.watch.LocalNetwork.MeshNodeRef;
import dev.wiremesh.agent.watch.LocalNetworks.LeaseHolder;
import dev.wiremesh.core.net.ConfiguredEndpoint;
import dev.wiremesh.core.net.InvalidAddressException;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.topology.RoutePlan;
import dev.wiremesh.wireguard.io.UdpEndpoint;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Device, host, names, reports and time in memory; every touch is a line in {@link #calls}. */
final class FakeWorld {
  final List<String> calls = new ArrayList<>();
  final Map<String, FakeDevice> devices = new TreeMap<>();
  final Map<String, IpAddress> names = new HashMap<>();
  final List<Uninstall.CleanupResult> uninstallResults = new ArrayList<>();
  Uninstall.Request uninstallRequest = Uninstall.Request.NONE;
  final List<RouteFinding> findings = new ArrayList<>();
  BypassAddresses bypassAddresses = BypassAddresses.NONE;
  final Set<ApiTarget> apiTargets = new HashSet<>();

  /** The result of each probe; empty for a probe without an end. */
  Optional<ApiProbe.Result> probed = Optional.of(new ApiProbe.Result.Reached());

  int probes;
  boolean strictReversePath;
  private String hidingRoute = "";
  private @Nullable ApiTarget hidden;
  private String programmed = "";
  final List<NodeReport> nodeReports = new ArrayList<>();
  final List<LeaseHolder> renewals = new ArrayList<>();
  final List<PeerReport> peerReports = new ArrayList<>();
  @Nullable IOException deviceRefuses;
  @Nullable IOException hostRefuses;
  boolean foreignInterface;
  private long namesVersion;
  Duration elapsed = Duration.ZERO;
  private Instant now = Instant.parse("2026-03-01T12:00:00Z");

  void pass(Duration time) {
    elapsed = elapsed.plus(time);
    now = now.plus(time);
  }

  /** Sets the wall clock forward, or back by a negative duration. */
  void setWallClock(Duration by) {
    now = now.plus(by);
  }

  Instant now() {
    return now;
  }

  /** While the route is programmed, the API server is reached with our mark alone. */
  void hide(String route, ApiTarget target) {
    hidingRoute = route;
    hidden = target;
  }

  private ApiProbe.Result result(ApiProbe.Result otherwise) {
    if (hidden == null || !programmed.contains(hidingRoute)) {
      return otherwise;
    }
    return strictReversePath
        ? new ApiProbe.Result.Filtered(Set.of(hidden))
        : new ApiProbe.Result.Blocked(Set.of(hidden));
  }

  void name(String host, String address) {
    names.put(host, IpAddress.parse(address));
    namesVersion++;
  }

  /** The calls since the last call of this method. */
  List<String> touched() {
    var all = List.copyOf(calls);
    calls.clear();
    return all;
  }

  AgentClock clock() {
    return () -> new Moment(new MonotonicTime(elapsed.toNanos()), now);
  }

  MeshDevices deviceMaker() {
    return (name, events) -> {
      calls.add("open " + name);
      var device = new FakeDevice(this, name, events);
      devices.put(name, device);
      return device;
    };
  }

  Uninstall uninstall() {
    return new Uninstall() {
      @Override
      public Request request() {
        return uninstallRequest;
      }

      @Override
      public void check() throws IOException {
        calls.add("check");
        if (hostRefuses != null) {
          throw hostRefuses;
        }
      }

      @Override
      public List<String> clean() throws IOException {
        calls.add("clean");
        if (hostRefuses != null) {
          throw hostRefuses;
        }
        return List.of("interface wg-home");
      }

      @Override
      public void report(CleanupResult result) {
        uninstallRequest = Request.NONE;
        uninstallResults.add(result);
      }
    };
  }

  HostNetwork host() {
    return new HostNetwork() {
      @Override
      public Converged converge(HostPlan plan) throws IOException {
        calls.add("host " + plan.link().interfaceName() + " " + destinations(plan));
        if (hostRefuses != null) {
          throw hostRefuses;
        }
        programmed = destinations(plan).toString();
        return new Converged(
            plan.link().limited(1420), 1420, List.of(), findings, List.of(), List.of());
      }

      @Override
      public boolean isForeign(String interfaceName) {
        return foreignInterface;
      }

      @Override
      public void removeRouting(HostFootprint footprint) {
        calls.add("remove routing " + footprint.table());
      }

      @Override
      public void remove(HostFootprint footprint) {
        calls.add("remove " + footprint.interfaceName());
      }
    };
  }

  private static List<IpPrefix> destinations(HostPlan plan) {
    return plan.routing().routes().stream().map(RoutePlan::destination).toList();
  }

  BypassSource bypass() {
    return new BypassSource() {
      @Override
      public BypassAddresses addresses(MonotonicTime at) {
        return bypassAddresses;
      }

      @Override
      public Set<ApiTarget> apiTargets() {
        return apiTargets;
      }
    };
  }

  ApiProbe probe() {
    return new ApiProbe() {
      private boolean started;

      @Override
      public void start(Set<ApiTarget> targets) {
        probes++;
        started = true;
      }

      @Override
      public Optional<Result> take() {
        var result = started ? probed.map(FakeWorld.this::result) : Optional.<Result>empty();
        started = false;
        return result;
      }
    };
  }

  EndpointResolver resolver() {
    return new EndpointResolver() {
      @Override
      public Optional<UdpEndpoint> resolve(ConfiguredEndpoint endpoint) {
        return literal(endpoint.host())
            .or(() -> Optional.ofNullable(names.get(endpoint.host())))
            .map(address -> UdpEndpoint.of(address, endpoint.port()));
      }

      @Override
      public Optional<String> problem(ConfiguredEndpoint endpoint) {
        return resolve(endpoint).isPresent()
            ? Optional.empty()
            : Optional.of("The name " + endpoint.host() + " has no address.");
      }

      @Override
      public void follow(String network, Set<ConfiguredEndpoint> endpoints) {
        // Names are resolved at once.
      }

      @Override
      public long version() {
        return namesVersion;
      }
    };
  }

  private static Optional<IpAddress> literal(String host) {
    try {
      return Optional.of(IpAddress.parse(host));
    } catch (InvalidAddressException e) {
      return Optional.empty();
    }
  }

  Reporter reporter() {
    return new Reporter() {
      @Override
      public void report(MeshNodeRef meshNode, NodeReport report, Instant at) {
        nodeReports.add(report);
      }

      @Override
      public void report(MeshNodeRef meshNode, PeerReport report, Instant at) {
        peerReports.add(report);
      }

      @Override
      public void renewLease(LeaseHolder holder, Instant at) {
        renewals.add(holder);
      }
    };
  }
}
