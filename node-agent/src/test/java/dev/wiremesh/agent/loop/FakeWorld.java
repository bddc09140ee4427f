package dev.wiremesh.agent.loop;

import dev.wiremesh.agent.bypass.ApiProbe;
import dev.wiremesh.agent.bypass.ApiTarget;
import dev.wiremesh.agent.bypass.BypassAddresses;
import dev.wiremesh.agent.bypass.BypassSource;
import dev.wiremesh.agent.device.MeshDevice;
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
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.net.ConfiguredEndpoint;
import dev.wiremesh.core.net.InvalidAddressException;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.topology.RoutePlan;
import dev.wiremesh.wireguard.device.BatchSizes;
import dev.wiremesh.wireguard.device.DeviceConfig;
import dev.wiremesh.wireguard.device.DeviceCounters;
import dev.wiremesh.wireguard.device.DeviceEvent;
import dev.wiremesh.wireguard.device.DeviceSnapshot;
import dev.wiremesh.wireguard.device.EchoReply;
import dev.wiremesh.wireguard.device.EchoRequest;
import dev.wiremesh.wireguard.device.PeerConfig;
import dev.wiremesh.wireguard.device.PeerSnapshot;
import dev.wiremesh.wireguard.io.Endpoint;
import dev.wiremesh.wireguard.io.UdpEndpoint;
import dev.wiremesh.wireguard.offload.Offloads;
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
import java.util.function.Consumer;
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
  private Duration elapsed = Duration.ZERO;
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
      var device = new FakeDevice(name, events);
      devices.put(name, device);
      return device;
    };
  }

  final class FakeDevice implements MeshDevice {
    final Map<PublicKey, PeerConfig> peers = new HashMap<>();
    final Map<PublicKey, Instant> handshakes = new HashMap<>();

    /** Where peers were heard from; the others are where they were configured to be. */
    final Map<PublicKey, Endpoint> endpoints = new HashMap<>();

    final List<EchoRequest> echoed = new ArrayList<>();

    /** Addresses that answer echo requests. */
    final Set<IpAddress> answering = new HashSet<>();

    private final List<EchoReply> replies = new ArrayList<>();
    final Consumer<DeviceEvent> events;
    private final String name;
    @Nullable DeviceConfig settings;

    FakeDevice(String name, Consumer<DeviceEvent> events) {
      this.name = name;
      this.events = events;
    }

    @Override
    public void apply(DeviceConfig wanted) throws IOException {
      calls.add("apply " + name);
      if (deviceRefuses != null) {
        throw deviceRefuses;
      }
      settings = wanted;
      peers.clear();
      wanted.peers().forEach(peer -> peers.put(peer.publicKey(), peer));
    }

    @Override
    public void setPeer(PeerConfig peer) {
      calls.add("set peer " + peer.publicKey());
      peers.put(peer.publicKey(), peer);
    }

    @Override
    public void removePeer(PublicKey peer) {
      calls.add("remove peer " + peer);
      peers.remove(peer);
    }

    @Override
    public void initiate(PublicKey peer) {
      calls.add("dial " + peer);
    }

    @Override
    public void echo(List<EchoRequest> requests) {
      for (var request : requests) {
        echoed.add(request);
        if (answering.contains(request.to())) {
          replies.add(new EchoReply(request.to(), request.token(), elapsed.toNanos()));
        }
      }
    }

    @Override
    public List<EchoReply> echoReplies() {
      var taken = List.copyOf(replies);
      replies.clear();
      return taken;
    }

    @Override
    public DeviceSnapshot snapshot() {
      return new DeviceSnapshot(
          name, true, Map.of(), 51900, 0, peers.values().stream().map(this::snapshot).toList());
    }

    private PeerSnapshot snapshot(PeerConfig peer) {
      return new PeerSnapshot(
          peer.publicKey(),
          new PeerSnapshot.Configuration(
              peer.identity(),
              null,
              peer.path().persistentKeepaliveSeconds(),
              peer.prefixes().allowedIps().stream().sorted().toList()),
          new PeerSnapshot.Connection(
              endpoints.getOrDefault(peer.publicKey(), peer.path().endpointHint()),
              handshakes.get(peer.publicKey())),
          new PeerSnapshot.Traffic(
              new PeerSnapshot.Volume(10, 1), new PeerSnapshot.Volume(20, 2), 3, 4),
          PeerSnapshot.RoundTrip.UNMEASURED);
    }

    @Override
    public DeviceCounters counters() {
      return new DeviceCounters(
          Map.of(),
          Map.of(),
          Map.of(),
          new BatchSizes(List.of(3L, 1L, 0L, 0L, 0L, 0L, 0L, 2L, 0L), 205),
          new BatchSizes(List.of(0L, 0L, 0L, 0L, 0L, 0L, 0L, 0L, 0L), 0));
    }

    @Override
    public Offloads offloads() {
      return new Offloads(true, false, true, true, false);
    }

    @Override
    public void close() {
      calls.add("close " + name);
    }
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
        // Every name is known here, or is not.
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
