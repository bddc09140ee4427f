package dev.wiremesh.operator.ipam;

import dev.wiremesh.api.conditions.ConditionDraft;
import dev.wiremesh.api.conditions.Conditions;
import dev.wiremesh.api.contract.Reason;
import dev.wiremesh.api.v1alpha1.IPAllocation;
import dev.wiremesh.api.v1alpha1.IPAllocationSpec;
import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.view.MeshViews;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.operator.kube.ApiErrors;
import dev.wiremesh.operator.kube.Events;
import dev.wiremesh.operator.kube.Failure;
import dev.wiremesh.operator.kube.LimitedReconciler;
import dev.wiremesh.operator.kube.Patches;
import dev.wiremesh.operator.kube.RequeueSource;
import dev.wiremesh.operator.kube.StatusPatch;
import dev.wiremesh.operator.kube.WorkLimit;
import dev.wiremesh.operator.net.LenientParsing;
import dev.wiremesh.operator.state.ClusterCache;
import dev.wiremesh.operator.state.OwnerKey;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Releases addresses whose owner is gone: first into quarantine, then by deleting the IPAllocation.
 * An owner reference cannot do this: an IPAllocation is cluster-scoped, and a Peer is not.
 */
@ControllerConfiguration(name = "ipallocation", triggerReconcilerOnAllEvents = false)
public final class AllocationReconciler extends LimitedReconciler<IPAllocation> {
  private static final Duration AFTER_CONFLICT = Duration.ofSeconds(1);
  private static final Duration REST_WITHOUT_NETWORK = Duration.ofHours(24);

  private final KubernetesClient client;
  private final ClusterCache state;
  private final Allocations allocations;
  private final AddressAllocator allocator;
  private final Consumer<IPAllocationSpec.Owner> cleanUp;
  private final StatusPatch<IPAllocation> patch;
  private final Events events;
  private final Clock clock;

  /**
   * @param cleanUp deletes what an owner has left if the owner is gone. An IPAllocation is deleted
   *     only after this has succeeded
   */
  public AllocationReconciler(
      KubernetesClient client,
      ClusterCache state,
      Allocations allocations,
      AddressAllocator allocator,
      Consumer<IPAllocationSpec.Owner> cleanUp,
      Events events,
      WorkLimit limit,
      Clock clock) {
    super(
        limit,
        new RequeueSource<>("ipallocation", clock),
        allocation -> state.allocations().get(allocation.getMetadata().getName()));
    this.patch = new StatusPatch<>(requeues(), Patches.apply(), this::operatorsPart);
    this.client = client;
    this.state = state;
    this.allocations = allocations;
    this.allocator = allocator;
    this.cleanUp = cleanUp;
    this.events = events;
    this.clock = clock;
    state.peers().listen(this::ownerChanged);
    state.meshNodes().listen(this::ownerChanged);
    state.allocations().listen(this::bound);
    state.allocations().listen(this::primaryChanged);
  }

  @Override
  protected Object operatorsPart(IPAllocation allocation) {
    return allocation.getStatus().conditions;
  }

  /**
   * An address was bound. A reconciliation of its owner that began before the owner was deleted may
   * have done it, after the deletion released the address; no change of the spec reports that.
   */
  private void bound(@Nullable IPAllocation before, @Nullable IPAllocation after) {
    if (after != null
        && after.getStatus().releasedAt == null
        && (before == null || before.getStatus().releasedAt != null)) {
      requeues().requeue(after);
    }
  }

  private void ownerChanged(@Nullable HasMetadata before, @Nullable HasMetadata after) {
    if (before != null && after == null) {
      var key =
          OwnerKey.of(
              before instanceof Peer
                  ? IPAllocationSpec.OwnerKind.PEER
                  : IPAllocationSpec.OwnerKind.MESH_NODE,
              before.getMetadata().getNamespace(),
              before.getMetadata().getName());
      state.allocations().by(ClusterCache.BY_OWNER, key).forEach(requeues()::requeue);
    }
  }

  @Override
  protected UpdateControl<IPAllocation> reconcileNow(
      IPAllocation primary, Context<IPAllocation> context) {
    boolean rests = primary.getStatus().releasedAt != null;
    if (rests) {
      cleanUp.accept(primary.getSpec().owner);
    }
    var control = releaseOrDelete(primary);
    if (!rests) {
      // A refused clean-up does not keep the address from its release.
      cleanUp.accept(primary.getSpec().owner);
    }
    if (!primary.getStatus().conditions.isEmpty()) {
      write(primary, List.of(), context);
      events.readyChanged(primary, primary.getStatus().conditions, List.of());
    }
    return control;
  }

  @Override
  protected void reportFailure(
      IPAllocation primary, Failure failure, Context<IPAllocation> context) {
    var reason =
        failure.refused() ? Reason.ALLOCATION_REQUEST_REFUSED : Reason.ALLOCATION_OPERATOR_ERROR;
    var before = primary.getStatus().conditions;
    var conditions =
        Conditions.of(
            List.of(ConditionDraft.of(reason, failure.message())),
            before,
            primary.getMetadata().getGeneration(),
            clock.instant());
    // Before the write, which may be refused too.
    events.readyChanged(primary, before, conditions);
    write(primary, conditions, context);
  }

  /** Writes the conditions, which only an object has whose reconciliation fails. */
  private void write(IPAllocation primary, List<Condition> desired, Context<IPAllocation> context) {
    if (primary.getStatus().conditions.equals(desired)) {
      return;
    }
    var intent = new IPAllocation();
    intent.setMetadata(new ObjectMetaBuilder().withName(primary.getMetadata().getName()).build());
    intent.setSpec(null);
    intent.getStatus().conditions = desired;
    patch.apply(primary, intent, context);
  }

  private UpdateControl<IPAllocation> releaseOrDelete(IPAllocation primary) {
    var address = LenientParsing.read(primary.getSpec().address, IpAddress::parse);
    // An owner of a kind that only a newer version knows keeps its address.
    if (address.isEmpty() || MeshViews.unreadable(primary).isPresent()) {
      return UpdateControl.noUpdate();
    }
    var held = allocations.of(primary.getSpec().network);
    held.lock().lock();
    try {
      // The last write, which the watch may not have reported yet: the owner may be back.
      var object = Optional.ofNullable(held.object(address.get())).orElse(primary);
      var releasedAt = object.getStatus().releasedAt;
      if (releasedAt == null) {
        if (ownerIsThere(object.getSpec().owner)) {
          return UpdateControl.noUpdate();
        }
        boolean released = allocator.release(held, address.get(), object);
        return again(released ? restOf(object) : Duration.ZERO);
      }
      var rest =
          Duration.between(clock.instant(), Allocations.instant(releasedAt).plus(restOf(object)));
      if (rest.isPositive() && !isSuperfluous(object, address.get(), held)) {
        return again(rest);
      }
      if (!delete(object)) {
        return UpdateControl.<IPAllocation>noUpdate().rescheduleAfter(AFTER_CONFLICT);
      }
      held.forget(address.get());
      return UpdateControl.noUpdate();
    } finally {
      held.lock().unlock();
    }
  }

  private static UpdateControl<IPAllocation> again(Duration rest) {
    return UpdateControl.<IPAllocation>noUpdate().rescheduleAfter(rest.plusSeconds(1));
  }

  private boolean isSuperfluous(
      IPAllocation object, IpAddress address, Allocations.OfNetwork held) {
    return state
        .networks()
        .get(object.getSpec().network)
        .map(NetworkPools::of)
        .filter(pools -> pools.isSuperfluous(address, held.leases(), clock.instant()))
        .isPresent();
  }

  private Duration restOf(IPAllocation object) {
    return state
        .networks()
        .get(object.getSpec().network)
        .map(NetworkPools::addressReuseAfter)
        .orElse(REST_WITHOUT_NETWORK);
  }

  private boolean ownerIsThere(IPAllocationSpec.Owner owner) {
    Optional<? extends HasMetadata> watched =
        switch (owner.kind) {
          case PEER -> state.peers().get(owner.namespace + "/" + owner.name);
          case MESH_NODE -> state.meshNodes().get(owner.name);
        };
    if (watched.filter(present -> present.getMetadata().getUid().equals(owner.uid)).isPresent()) {
      return true;
    }
    // The watch lags behind an owner that was just created.
    HasMetadata live =
        switch (owner.kind) {
          case PEER ->
              client.resources(Peer.class).inNamespace(owner.namespace).withName(owner.name).get();
          case MESH_NODE -> client.resources(MeshNode.class).withName(owner.name).get();
        };
    return live != null && live.getMetadata().getUid().equals(owner.uid);
  }

  /** Returns false if the object has changed meanwhile. */
  private boolean delete(IPAllocation object) {
    try {
      client
          .resource(object)
          .lockResourceVersion(object.getMetadata().getResourceVersion())
          .delete();
      return true;
    } catch (KubernetesClientException e) {
      if (ApiErrors.isConflict(e)) {
        return false;
      }
      throw e;
    }
  }
}
