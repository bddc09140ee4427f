package dev.wiremesh.operator.peer;

import dev.wiremesh.api.v1alpha1.IPAllocationSpec;
import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.PeerStatus;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.api.view.MeshViews;
import dev.wiremesh.core.ipam.AddressChoice;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.topology.Finding;
import dev.wiremesh.core.topology.RouteDecision;
import dev.wiremesh.operator.ipam.AddressAllocator;
import dev.wiremesh.operator.ipam.NetworkPools;
import dev.wiremesh.operator.keys.OperatorSecrets;
import dev.wiremesh.operator.kube.ConditionDraft;
import dev.wiremesh.operator.kube.Conditions;
import dev.wiremesh.operator.kube.Equality;
import dev.wiremesh.operator.kube.Events;
import dev.wiremesh.operator.kube.FieldManagers;
import dev.wiremesh.operator.kube.LimitedReconciler;
import dev.wiremesh.operator.kube.RequeueSource;
import dev.wiremesh.operator.kube.UnknownFields;
import dev.wiremesh.operator.kube.WorkLimit;
import dev.wiremesh.operator.net.LenientParsing;
import dev.wiremesh.operator.node.GatewayEndpoints;
import dev.wiremesh.operator.node.MeshNodeName;
import dev.wiremesh.operator.peer.PeerConditions.Configuration;
import dev.wiremesh.operator.peer.PeerConditions.Gateway;
import dev.wiremesh.operator.state.ClusterCache;
import dev.wiremesh.operator.state.GatewayLeases;
import dev.wiremesh.operator.state.MeshCache;
import dev.wiremesh.operator.state.MeshCache.Mesh;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.PrimaryUpdateAndCacheUtils;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Gives a peer its addresses, its key, its home gateway and its configuration, and says how it is.
 */
@ControllerConfiguration(name = "peer", fieldManager = FieldManagers.OPERATOR)
public final class PeerReconciler extends LimitedReconciler<Peer> {
  /** Written by the gateway that serves the peer. */
  private static final String CONNECTED = "Connected";

  /** Where we wait for something that nobody tells us of. */
  private static final Duration LOOK_AGAIN = Duration.ofSeconds(5);

  private final ClusterCache state;
  private final GatewayLeases leases;
  private final GatewayLostStatus lostGateways;
  private final MeshCache meshes;
  private final AddressAllocator allocator;
  private final PeerSecrets secrets;
  private final ConfigurationWriter writer;
  private final Events events;
  private final Clock clock;

  public PeerReconciler(
      KubernetesClient client,
      ClusterCache state,
      GatewayLeases leases,
      MeshCache meshes,
      OperatorSecrets operatorSecrets,
      AddressAllocator allocator,
      Events events,
      SecureRandom random,
      WorkLimit limit,
      Clock clock) {
    super(limit, new RequeueSource<>("peer", clock));
    this.state = state;
    this.leases = leases;
    this.lostGateways = new GatewayLostStatus(client, leases, clock);
    this.meshes = meshes;
    this.allocator = allocator;
    this.secrets = new PeerSecrets(client, events, random);
    this.writer = new ConfigurationWriter(new GatewayEndpoints(state), operatorSecrets, secrets);
    this.events = events;
    this.clock = clock;
  }

  @Override
  protected UpdateControl<Peer> reconcileNow(Peer peer, Context<Peer> context) {
    if (peer.isMarkedForDeletion()) {
      return UpdateControl.noUpdate();
    }
    var network = state.networks().get(peer.getSpec().networkRef.name);
    if (network.flatMap(MeshViews::unreadable).isPresent()) {
      // The network's own condition says so; its members keep what they have.
      return UpdateControl.noUpdate();
    }
    var outcome =
        MeshViews.unreadable(peer)
            .map(problem -> leftOut(peer, problem))
            .or(() -> network.map(it -> serve(peer, it)))
            .orElseGet(() -> withoutNetwork(peer));
    var before = peer.getStatus().conditions;
    write(peer, outcome.status(), context);
    events.readyChanged(peer, before, outcome.status().conditions);
    lostGateways.tell(peer, outcome.status().homeGateway);
    return outcome.lookAgain()
        ? UpdateControl.<Peer>noUpdate().rescheduleAfter(LOOK_AGAIN)
        : UpdateControl.noUpdate();
  }

  /**
   * What comes of looking at a peer.
   *
   * @param lookAgain whether something is waited for that nobody tells us of
   */
  private record Outcome(PeerStatus status, boolean lookAgain) {}

  /** A peer that cannot be read has no session, and keeps its address and its key. */
  private Outcome leftOut(Peer peer, String problem) {
    var status = kept(peer);
    status.observedGeneration = peer.getMetadata().getGeneration();
    status.conditions =
        Conditions.of(
            List.of(ConditionDraft.no("Accepted", "InvalidSpec", problem)),
            peer.getStatus().conditions,
            peer.getMetadata().getGeneration(),
            clock);
    return new Outcome(status, false);
  }

  private static PeerStatus kept(Peer peer) {
    var before = peer.getStatus();
    var status = new PeerStatus();
    status.addresses = before.addresses;
    status.publicKey = before.publicKey;
    status.homeGateway = before.homeGateway;
    status.configSecret = before.configSecret;
    return status;
  }

  /** Nothing is taken away from a peer whose network is gone: it may come back. */
  private Outcome withoutNetwork(Peer peer) {
    var status = kept(peer);
    var facts =
        new PeerConditions.Facts(
            peer.getSpec().networkRef.name,
            null,
            peer.getSpec().suspended,
            null,
            List.of(),
            List.of(),
            null,
            new Configuration.NotYet(),
            new Gateway.None());
    return new Outcome(finished(peer, status, facts), false);
  }

  private Outcome serve(Peer peer, WireGuardNetwork network) {
    var networkName = network.getMetadata().getName();
    var addresses =
        allocator.ensure(
            networkName,
            NetworkPools.of(network),
            owner(peer),
            LenientParsing.readAll(peer.getSpec().addresses, IpAddress::parse));
    var secret = secrets.read(peer);
    var key = secrets.key(peer, secret);

    var status = new PeerStatus();
    status.addresses = addresses.texts();
    status.publicKey = key.publicHalf().map(PublicKey::toString).orElse(null);
    status.homeGateway = homeGateway(peer, network).orElse(null);

    var mesh = meshes.of(networkName).map(it -> it.with(MeshViews.peer(withStatus(peer, status))));
    var finding = mesh.flatMap(it -> leftOut(peer, it)).orElse(null);
    status.routes =
        mesh.map(it -> it.admission().routesOf(MeshViews.name(peer))).orElse(List.of()).stream()
            .map(PeerReconciler::route)
            .toList();
    var configuration = publish(peer, network, status, mesh, key, secret, finding);
    if (secret instanceof PeerSecret.Own
        || configuration instanceof Configuration.Published
        || key instanceof PeerKey.Generated) {
      status.configSecret = PeerSecret.name(peer);
    }
    var facts =
        new PeerConditions.Facts(
            networkName,
            mesh.isPresent(),
            peer.getSpec().suspended,
            finding,
            addresses.texts(),
            addresses.problems(),
            key,
            configuration,
            gateway(network, status.homeGateway));
    boolean lookAgain =
        key instanceof PeerKey.NotFound
            || key instanceof PeerKey.Invalid
            || key instanceof PeerKey.NoPlace
            || configuration instanceof Configuration.Conflict
            || addresses.problems().stream().anyMatch(AddressChoice.AddressInUse.class::isInstance);
    return new Outcome(finished(peer, status, facts), lookAgain);
  }

  private Configuration publish(
      Peer peer,
      WireGuardNetwork network,
      PeerStatus status,
      Optional<Mesh> mesh,
      PeerKey key,
      PeerSecret secret,
      @Nullable Finding finding) {
    if (secret instanceof PeerSecret.Foreign || secret instanceof PeerSecret.OfNamesake) {
      return new Configuration.Conflict(PeerSecrets.conflict(peer, secret));
    }
    boolean turnedAway = finding != null && finding.reason() == Finding.Reason.DUPLICATE_PUBLIC_KEY;
    if (mesh.isEmpty() || turnedAway || status.publicKey == null || status.addresses.isEmpty()) {
      return new Configuration.NotYet();
    }
    if (status.homeGateway == null) {
      return new Configuration.NoGateway();
    }
    return writer.write(peer, network, status, mesh.get(), key, secret);
  }

  private Optional<String> homeGateway(Peer peer, WireGuardNetwork network) {
    var dialled = GatewayEndpoints.given(network).map(it -> it.host());
    var candidates =
        state.meshNodes().by(ClusterCache.BY_NETWORK, network.getMetadata().getName()).stream()
            .filter(node -> node.getSpec().gateway && !node.isMarkedForDeletion())
            .map(node ->
                new HomeGateway.Candidate(
                    node.getSpec().nodeName,
                    dialled.isPresent()
                        && node.getSpec().endpoints.stream()
                            .anyMatch(it -> it.host.equals(dialled.get())),
                    isReady(node) && !leases.isLost(node.getSpec().nodeName)))
            .toList();
    return HomeGateway.choose(
        peer.getMetadata().getUid(), peer.getStatus().homeGateway, candidates);
  }

  private Gateway gateway(WireGuardNetwork network, @Nullable String home) {
    if (home == null) {
      return new Gateway.None();
    }
    var node = state.meshNodes().get(MeshNodeName.of(network.getMetadata().getName(), home));
    var ready = node.flatMap(it -> Conditions.find(it.getStatus().conditions, Conditions.READY));
    if (ready.isEmpty()) {
      return new Gateway.Waiting(home);
    }
    return ready.get().getStatus().equals("True")
        ? new Gateway.Programmed(home)
        : new Gateway.Failed(home, ready.get().getMessage());
  }

  private static boolean isReady(MeshNode node) {
    return Conditions.isTrue(node.getStatus().conditions, Conditions.READY);
  }

  private static Optional<Finding> leftOut(Peer peer, Mesh mesh) {
    var name = MeshViews.name(peer).toString();
    return mesh.admission().findings().stream()
        .filter(it -> it.subject().kind() == Finding.Kind.PEER)
        .filter(it -> it.subject().name().equals(name))
        .filter(it -> it.reason() == Finding.Reason.DUPLICATE_PUBLIC_KEY)
        .findFirst();
  }

  private static PeerStatus.RouteStatus route(RouteDecision decision) {
    var route = new PeerStatus.RouteStatus();
    route.cidr = decision.cidr().toString();
    route.state =
        switch (decision.state()) {
          case ACCEPTED -> PeerStatus.RouteState.ACCEPTED;
          case STANDBY -> PeerStatus.RouteState.STANDBY;
          case CONFLICT -> PeerStatus.RouteState.CONFLICT;
          case REJECTED -> PeerStatus.RouteState.REJECTED;
        };
    route.message = decision.message().isEmpty() ? null : decision.message();
    return route;
  }

  private PeerStatus finished(Peer peer, PeerStatus status, PeerConditions.Facts facts) {
    var generation = peer.getMetadata().getGeneration();
    status.observedGeneration = generation;
    status.conditions =
        Conditions.of(
            UnknownFields.mentioned(PeerConditions.of(facts), peer),
            peer.getStatus().conditions,
            generation,
            clock);
    return status;
  }

  private void write(Peer peer, PeerStatus desired, Context<Peer> context) {
    if (Equality.same(desired, ourPart(peer.getStatus()))) {
      return;
    }
    var intent = new Peer();
    intent.setMetadata(
        new ObjectMetaBuilder()
            .withName(peer.getMetadata().getName())
            .withNamespace(peer.getMetadata().getNamespace())
            .build());
    intent.setSpec(null);
    intent.setStatus(desired);
    PrimaryUpdateAndCacheUtils.ssaPatchStatusAndCacheResource(peer, intent, context);
  }

  /** The status without what the serving gateway writes. */
  private static PeerStatus ourPart(PeerStatus status) {
    var ours = new PeerStatus();
    ours.observedGeneration = status.observedGeneration;
    ours.addresses = status.addresses;
    ours.homeGateway = status.homeGateway;
    ours.publicKey = status.publicKey;
    ours.configSecret = status.configSecret;
    ours.routes = status.routes;
    ours.conditions = status.conditions.stream().filter(PeerReconciler::isOurs).toList();
    return ours;
  }

  private static boolean isOurs(Condition condition) {
    return !condition.getType().equals(CONNECTED);
  }

  /** The peer with the status that is about to be written. */
  private static Peer withStatus(Peer peer, PeerStatus status) {
    var copy = new Peer();
    copy.setMetadata(peer.getMetadata());
    copy.setSpec(peer.getSpec());
    copy.setStatus(status);
    return copy;
  }

  private static IPAllocationSpec.Owner owner(Peer peer) {
    var owner = new IPAllocationSpec.Owner();
    owner.kind = IPAllocationSpec.OwnerKind.PEER;
    owner.namespace = peer.getMetadata().getNamespace();
    owner.name = peer.getMetadata().getName();
    owner.uid = peer.getMetadata().getUid();
    return owner;
  }
}
