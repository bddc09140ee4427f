package dev.wiremesh.operator.peer;

import dev.wiremesh.api.conditions.ConditionDraft;
import dev.wiremesh.api.conditions.Conditions;
import dev.wiremesh.api.contract.ConditionType;
import dev.wiremesh.api.contract.FieldManagers;
import dev.wiremesh.api.contract.Reason;
import dev.wiremesh.api.contract.SecretNames;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.PeerStatus;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.api.view.MeshViews;
import dev.wiremesh.core.ipam.AddressChoice;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.membership.Finding;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.operator.ipam.AddressAllocator;
import dev.wiremesh.operator.ipam.AddressRequest;
import dev.wiremesh.operator.ipam.NetworkPools;
import dev.wiremesh.operator.ipam.OwnerAddresses;
import dev.wiremesh.operator.keys.OperatorSecrets;
import dev.wiremesh.operator.kube.Events;
import dev.wiremesh.operator.kube.FailedSteps;
import dev.wiremesh.operator.kube.Failure;
import dev.wiremesh.operator.kube.LimitedReconciler;
import dev.wiremesh.operator.kube.RequeueSource;
import dev.wiremesh.operator.kube.WorkLimit;
import dev.wiremesh.operator.net.LenientParsing;
import dev.wiremesh.operator.peer.PeerObservation.NetworkState;
import dev.wiremesh.operator.state.AgentLeases;
import dev.wiremesh.operator.state.ClusterCache;
import dev.wiremesh.operator.state.MeshCache;
import dev.wiremesh.operator.state.MeshCache.Mesh;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reconciles a Peer: allocates its addresses, resolves its key, chooses its home gateway, judges
 * its routes, publishes its client configuration, and writes the result as status.
 */
@ControllerConfiguration(name = "peer", fieldManager = FieldManagers.OPERATOR)
public final class PeerReconciler extends LimitedReconciler<Peer> {
  /** The pause between looks at an object whose changes are not watched. */
  private static final Duration POLL = Duration.ofSeconds(5);

  private final ClusterCache state;
  private final NetworkGateways gateways;
  private final GatewayLostStatus gatewayLost;
  private final PeerStatusWriter statuses;
  private final MeshCache meshes;
  private final AddressAllocator allocator;
  private final PeerSecrets secrets;
  private final PeersNotInForce notInForce;
  private final ConfigurationWriter writer;
  private final RouteEvents routeEvents;
  private final Events events;
  private final Clock clock;

  public PeerReconciler(
      KubernetesClient client,
      ClusterCache state,
      AgentLeases leases,
      MeshCache meshes,
      OperatorSecrets operatorSecrets,
      AddressAllocator allocator,
      Events events,
      SecureRandom random,
      WorkLimit limit,
      Clock clock) {
    super(
        limit,
        new RequeueSource<>("peer", clock),
        peer -> state.peers().get(peer.getMetadata().getNamespace(), peer.getMetadata().getName()));
    this.state = state;
    this.gateways = new NetworkGateways(state, leases);
    this.gatewayLost = new GatewayLostStatus(requeues(), leases, clock);
    this.statuses = new PeerStatusWriter(requeues());
    this.meshes = meshes;
    this.allocator = allocator;
    this.secrets = new PeerSecrets(client, events, random);
    this.notInForce = new PeersNotInForce(state, allocator, secrets, clock);
    this.writer = new ConfigurationWriter(state, operatorSecrets, secrets);
    this.routeEvents = new RouteEvents(events);
    this.events = events;
    this.clock = clock;
    state.peers().listen(this::primaryChanged);
  }

  @Override
  protected Object operatorsPart(Peer peer) {
    return PeerStatusWriter.operatorsPart(peer.getStatus());
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
    var steps = new FailedSteps(Reason.PEER_REQUEST_REFUSED, Reason.PEER_OPERATOR_ERROR, context);
    var result =
        MeshViews.unreadable(peer)
            .map(problem -> settled(notInForce.leftOut(peer, problem)))
            .or(() ->
                network
                    .flatMap(present -> notInForce.withoutPlace(peer, present))
                    .map(PeerReconciler::settled))
            .or(() -> network.map(present -> reconcile(peer, present, steps)))
            .orElseGet(() -> settled(notInForce.withoutNetwork(peer)));
    var before = peer.getStatus();
    statuses.write(peer, result.status(), context);
    events.readyChanged(peer, before.conditions, result.status().conditions);
    routeEvents.changed(peer, before.routes, result.status().routes);
    gatewayLost.update(peer, result.status().homeGateway, context);
    steps.retry();
    return result.poll()
        ? UpdateControl.<Peer>noUpdate().rescheduleAfter(POLL)
        : UpdateControl.noUpdate();
  }

  @Override
  protected void reportFailure(Peer peer, Failure failure, Context<Peer> context) {
    var reason = failure.refused() ? Reason.PEER_REQUEST_REFUSED : Reason.PEER_OPERATOR_ERROR;
    var generation = peer.getMetadata().getGeneration();
    var status = PeerStatusWriter.operatorsPart(peer.getStatus());
    var ready =
        Conditions.of(
            List.of(ConditionDraft.of(reason, failure.message())),
            status.conditions,
            generation,
            clock.instant());
    status.observedGeneration = generation;
    status.conditions = Conditions.with(status.conditions, ready.getFirst());
    // Before the write, which may be refused too.
    events.readyChanged(peer, peer.getStatus().conditions, status.conditions);
    statuses.write(peer, status, context);
  }

  /**
   * The outcome of a reconciliation.
   *
   * @param poll whether it depends on an object whose changes are not watched
   */
  private record Result(PeerStatus status, boolean poll) {}

  private static Result settled(PeerStatus status) {
    return new Result(status, false);
  }

  /**
   * The object under the name of the peer's Secret, and the key that the spec asks for.
   *
   * @param secret null if it could not be read
   * @param key null if it could not be read or stored; the peer then keeps the one that it has
   */
  private record ResolvedKey(@Nullable PeerSecret secret, @Nullable PeerKey key) {}

  private Result reconcile(Peer peer, WireGuardNetwork network, FailedSteps steps) {
    var addresses =
        steps.attempt(
            ConditionType.ADDRESS_ALLOCATED,
            () -> allocateAddresses(peer, network),
            () -> PeersNotInForce.keptAddresses(peer));
    var resolved = resolveKey(peer, steps);
    var key = resolved.key();

    var status = new PeerStatus();
    status.addresses = addresses.texts();
    status.publicKey =
        key == null
            ? peer.getStatus().publicKey
            : key.publicHalf().map(PublicKey::toString).orElse(null);
    status.homeGateway = gateways.choose(peer, network).orElse(null);

    var mesh = meshWith(peer, status);
    status.routes = judgeRoutes(peer, mesh);
    status.routesAccepted = routesAccepted(status.routes);
    var configuration =
        steps.attempt(
            ConditionType.CONFIG_PUBLISHED,
            () -> publishConfiguration(peer, network, status, mesh, resolved),
            ConfigurationState.NotYet::new);
    status.configSecret = configSecret(peer, resolved, configuration);

    var observation =
        PeerObservation.in(network.getMetadata().getName())
            .state(mesh.isPresent() ? NetworkState.IN_FORCE : NetworkState.NOT_IN_FORCE)
            .suspended(peer.getSpec().suspended)
            .duplicateKey(duplicateKey(peer, mesh).orElse(null))
            .addresses(addresses)
            .key(key)
            .configuration(configuration)
            .gateway(gateways.stateOf(network, status.homeGateway))
            .build();
    if (status.addresses.isEmpty()) {
      steps.follow(ConditionType.PROGRAMMED, ConditionType.ADDRESS_ALLOCATED);
    }
    if (status.publicKey == null) {
      steps.follow(ConditionType.PROGRAMMED, ConditionType.KEY_READY);
    }
    status.observedGeneration = peer.getMetadata().getGeneration();
    var before = PeerStatusWriter.operatorsPart(peer.getStatus()).conditions;
    var now = notInForce.conditions(peer, steps.in(PeerConditions.of(observation)));
    status.conditions = Stream.concat(now.stream(), steps.notRun(before, now).stream()).toList();
    return new Result(status, needsPolling(observation));
  }

  private static @Nullable String routesAccepted(List<PeerStatus.RouteStatus> routes) {
    long accepted =
        routes.stream().filter(route -> route.state == PeerStatus.RouteState.ACCEPTED).count();
    return routes.isEmpty() ? null : accepted + "/" + routes.size();
  }

  private OwnerAddresses allocateAddresses(Peer peer, WireGuardNetwork network) {
    return allocator.ensure(
        network.getMetadata().getName(),
        NetworkPools.of(network),
        PeersNotInForce.owner(peer),
        new AddressRequest(
            LenientParsing.readAll(peer.getSpec().addresses, IpAddress::parse),
            ReservedGrants.of(network, state.namespaces().get(peer.getMetadata().getNamespace()))));
  }

  /** A key that the spec gives does not depend on the peer's Secret, and counts without it. */
  private ResolvedKey resolveKey(Peer peer, FailedSteps steps) {
    boolean isGiven = PeersNotInForce.isKeyGiven(peer);
    Optional<PeerSecret> secret =
        steps.attempt(
            isGiven ? ConditionType.CONFIG_PUBLISHED : ConditionType.KEY_READY,
            () -> Optional.of(secrets.read(peer)),
            Optional::empty);
    Optional<PeerKey> key =
        steps.attempt(
            ConditionType.KEY_READY,
            () ->
                (isGiven ? Optional.of(secret.orElseGet(PeerSecret.Absent::new)) : secret)
                    .map(known -> secrets.key(peer, known)),
            Optional::empty);
    return new ResolvedKey(secret.orElse(null), key.orElse(null));
  }

  /** The mesh with the status that is about to be written; empty if the network is not in force. */
  private Optional<Mesh> meshWith(Peer peer, PeerStatus status) {
    var changed = new Peer();
    changed.setMetadata(peer.getMetadata());
    changed.setSpec(peer.getSpec());
    changed.setStatus(status);
    return meshes.with(peer.getSpec().networkRef.name, MeshViews.peer(changed));
  }

  private static List<PeerStatus.RouteStatus> judgeRoutes(Peer peer, Optional<Mesh> mesh) {
    return RouteStatuses.of(
        peer,
        mesh.map(present -> present.members().routesOf(MeshViews.name(peer))).orElse(List.of()));
  }

  private ConfigurationState publishConfiguration(
      Peer peer,
      WireGuardNetwork network,
      PeerStatus status,
      Optional<Mesh> mesh,
      ResolvedKey resolved) {
    var secret = resolved.secret();
    var key = resolved.key();
    if (secret == null || key == null) {
      return new ConfigurationState.NotYet();
    }
    if (secret instanceof PeerSecret.Unusable(var message)) {
      return new ConfigurationState.Conflict(message);
    }
    if (mesh.isEmpty()
        || duplicateKey(peer, mesh).isPresent()
        || status.publicKey == null
        || status.addresses.isEmpty()) {
      return new ConfigurationState.NotYet();
    }
    if (status.homeGateway == null) {
      return new ConfigurationState.NoGateway();
    }
    return writer.write(peer, network, status, mesh.get(), key, secret);
  }

  private static Optional<Finding> duplicateKey(Peer peer, Optional<Mesh> mesh) {
    var name = MeshViews.name(peer).toString();
    return mesh.stream()
        .flatMap(present -> present.members().findings().stream())
        .filter(finding -> finding.subject().kind() == Finding.Kind.PEER)
        .filter(finding -> finding.subject().name().equals(name))
        .filter(finding -> finding.cause() == Finding.Cause.DUPLICATE_PUBLIC_KEY)
        .findFirst();
  }

  /** The name of the peer's Secret, if it is there now and the peer's own. */
  private static @Nullable String configSecret(
      Peer peer, ResolvedKey resolved, ConfigurationState configuration) {
    if (resolved.secret() == null || resolved.key() == null) {
      return peer.getStatus().configSecret;
    }
    boolean isThere =
        resolved.secret() instanceof PeerSecret.Own
            || resolved.key() instanceof PeerKey.Generated
            || configuration instanceof ConfigurationState.Published;
    return isThere ? SecretNames.peer(peer.getMetadata().getName()) : null;
  }

  /** Secrets of users, and addresses that leave a pool, are not watched. */
  private static boolean needsPolling(PeerObservation observation) {
    var key = observation.key();
    return key instanceof PeerKey.NotFound
        || key instanceof PeerKey.Invalid
        || key instanceof PeerKey.NoPlace
        || observation.configuration() instanceof ConfigurationState.Conflict
        || observation.addresses().problems().stream()
            .anyMatch(AddressChoice.AddressInUse.class::isInstance);
  }
}
