package dev.wiremesh.operator.peer;

import dev.wiremesh.api.contract.Annotations;
import dev.wiremesh.api.contract.EventReason;
import dev.wiremesh.api.contract.Labels;
import dev.wiremesh.api.contract.SecretKeys;
import dev.wiremesh.api.contract.SecretNames;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.core.digest.Digests;
import dev.wiremesh.core.keys.InvalidKeyException;
import dev.wiremesh.core.keys.LowOrderPoints;
import dev.wiremesh.core.keys.PresharedKey;
import dev.wiremesh.core.keys.PrivateKey;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.operator.clientconfig.ConfigurationChange;
import dev.wiremesh.operator.keys.SecretData;
import dev.wiremesh.operator.kube.ApiErrors;
import dev.wiremesh.operator.kube.Events;
import dev.wiremesh.operator.kube.Json;
import dev.wiremesh.operator.kube.Patches;
import dev.wiremesh.operator.kube.ResourceVersions;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.security.SecureRandom;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads and writes the Secrets in the Peers' namespaces, each by its name: the operator has no
 * right to list them there. A Secret is written only if its content changes.
 */
final class PeerSecrets {
  private final KubernetesClient client;
  private final Events events;
  private final SecureRandom random;

  PeerSecrets(KubernetesClient client, Events events, SecureRandom random) {
    this.client = client;
    this.events = events;
    this.random = random;
  }

  /**
   * The peer's Secret. A restored one is adopted, or unusable if its key does not fit. One that is
   * left of a deleted Peer of this name is deleted.
   */
  PeerSecret read(Peer peer) {
    return switch (find(peer)) {
      case PeerSecret.Restored(var restored) -> adopt(peer, restored);
      case PeerSecret.Left(var left) -> remove(peer, left);
      case PeerSecret other -> other;
    };
  }

  private PeerSecret find(Peer peer) {
    return PeerSecret.of(get(peer, SecretNames.peer(peer.getMetadata().getName())), peer);
  }

  /** The key that the spec asks for. A generated one is stored before this returns. */
  PeerKey key(Peer peer, PeerSecret secret) {
    var spec = peer.getSpec();
    if (spec.publicKey != null) {
      try {
        var key = PublicKey.parse(spec.publicKey);
        return LowOrderPoints.contain(key)
            ? new PeerKey.Invalid(
                "The key in spec.publicKey is a point of low order, with which no secret can be"
                    + " agreed on: write the 44 characters that 'wg pubkey' prints.")
            : new PeerKey.PublicOnly(key);
      } catch (InvalidKeyException e) {
        return new PeerKey.Invalid("In spec.publicKey, " + e.getMessage() + ".");
      }
    }
    var reference = spec.keySecretRef;
    if (reference != null) {
      return provided(peer, reference.name, reference.key);
    }
    return switch (secret) {
      case PeerSecret.Own(var own) -> generated(peer, own);
      // The Secret of a deleted Peer often goes before the news of the Peer arrives.
      case PeerSecret.Absent _ when peer.getStatus().configSecret != null && !isThere(peer) ->
          new PeerKey.NoPlace("The Peer was deleted, and its Secret with it.");
      case PeerSecret.Absent _ -> create(peer);
      case PeerSecret.Restored _, PeerSecret.Left _ ->
          throw new IllegalStateException("not adopted or deleted yet");
      case PeerSecret.Unusable(var message) -> new PeerKey.NoPlace(message);
    };
  }

  /**
   * Makes the peer the owner of a restored Secret. Fails if the Secret has changed or is gone: the
   * garbage collector deletes a Secret whose only owner is gone.
   *
   * <p>The owner that the Secret names is a former Peer only if this one is there: if it has been
   * replaced under its name, the Secret is its successor's, whose key must stay.
   */
  private PeerSecret adopt(Peer peer, Secret restored) {
    if (!isThere(peer)) {
      return ofNewerPeer(peer);
    }
    var misfit = misfit(peer, restored);
    if (misfit.isPresent()) {
      return new PeerSecret.Unusable(misfit.get());
    }
    var metadata =
        new ObjectMetaBuilder()
            .withResourceVersion(restored.getMetadata().getResourceVersion())
            .addToLabels(Labels.MANAGED_BY, Labels.WIREMESH)
            .addToLabels(Labels.NETWORK, peer.getSpec().networkRef.name)
            .addToAnnotations(Annotations.SECRET_UID, restored.getMetadata().getUid())
            .withOwnerReferences(owner(peer))
            .build();
    var adopted =
        client
            .secrets()
            .inNamespace(peer.getMetadata().getNamespace())
            .withName(SecretNames.peer(peer.getMetadata().getName()))
            .patch(Patches.merge(), Json.text(Map.of("metadata", metadata)));
    events.write(
        peer,
        EventReason.SECRET_ADOPTED,
        "The Secret "
            + SecretNames.peer(peer.getMetadata().getName())
            + " was there before this Peer, with a key that fits: the key stays in use.");
    return new PeerSecret.Own(adopted);
  }

  /**
   * Deletes the Secret of a former Peer of this name, whose key must not outlive that Peer. The
   * garbage collector does not always: it compares names, so it misses a Peer that was replaced
   * under its name while its watch was interrupted.
   *
   * <p>Fails if the Secret has changed: its owner may be a Peer that is newer than this one.
   */
  private PeerSecret remove(Peer peer, Secret left) {
    if (!isThere(peer)) {
      return ofNewerPeer(peer);
    }
    LeftSecrets.delete(client, left);
    return new PeerSecret.Absent();
  }

  private static PeerSecret ofNewerPeer(Peer peer) {
    return new PeerSecret.Unusable(
        "The Secret " + PeerSecret.name(peer) + " belongs to a newer Peer of this name.");
  }

  private boolean isThere(Peer peer) {
    var now =
        client
            .resources(Peer.class)
            .inNamespace(peer.getMetadata().getNamespace())
            .withName(peer.getMetadata().getName())
            .get();
    return now != null && ResourceVersions.areOfOneObject(now, peer);
  }

  /** A sentence that explains why the peer cannot use a restored Secret; empty if it can. */
  private Optional<String> misfit(Peer peer, Secret restored) {
    var publicKey = SecretData.text(restored, SecretKeys.PUBLIC_KEY).map(String::strip);
    boolean isGenerated = peer.getSpec().publicKey == null && peer.getSpec().keySecretRef == null;
    if (!isGenerated) {
      var known = key(peer, new PeerSecret.Absent()).publicHalf().map(PublicKey::toString);
      // Without a known key nothing is written; the Secret waits.
      return known.isPresent() && (publicKey.isEmpty() || publicKey.equals(known))
          ? Optional.empty()
          : Optional.of(
              "The Secret "
                  + PeerSecret.name(peer)
                  + " was there before this Peer, and its entry publicKey is not the Peer's key:"
                  + " save the Secret if you need it, then delete it.");
    }
    var privateKey = SecretData.text(restored, SecretKeys.PRIVATE_KEY).flatMap(PeerSecrets::parse);
    if (privateKey.isEmpty()) {
      return Optional.of(
          "The Secret "
              + PeerSecret.name(peer)
              + " was there before this Peer, and its entry privateKey is missing or no key: write"
              + " the entry from the backup, or delete the Secret so that a new key is generated.");
    }
    return publicKey.isEmpty() || publicKey.get().equals(privateKey.get().publicKey().toString())
        ? Optional.empty()
        : Optional.of(
            "The Secret "
                + PeerSecret.name(peer)
                + " was there before this Peer, and its entries privateKey and publicKey do not"
                + " belong together: write both from the backup, or save the Secret and delete it"
                + " so that a new key is generated.");
  }

  private static Optional<PrivateKey> parse(String text) {
    try {
      return Optional.of(PrivateKey.parse(text.strip()));
    } catch (InvalidKeyException e) {
      return Optional.empty();
    }
  }

  private static OwnerReference owner(Peer peer) {
    return new OwnerReferenceBuilder()
        .withApiVersion(peer.getApiVersion())
        .withKind(peer.getKind())
        .withName(peer.getMetadata().getName())
        .withUid(peer.getMetadata().getUid())
        .build();
  }

  private PeerKey provided(Peer peer, String name, String key) {
    var secret = get(peer, name);
    var where = peer.getMetadata().getNamespace() + "/" + name;
    if (secret == null) {
      return new PeerKey.NotFound(
          "There is no Secret " + where + ": create it, with the private key under " + key + ".");
    }
    return SecretData.text(secret, key)
        .<PeerKey>map(text -> {
          try {
            return new PeerKey.FromSecret(PrivateKey.parse(text.strip()));
          } catch (InvalidKeyException e) {
            return new PeerKey.Invalid(
                "The entry "
                    + key
                    + " of the Secret "
                    + where
                    + " is no private key: write the 44 characters that 'wg genkey' prints.");
          }
        })
        .orElseGet(() ->
            new PeerKey.Invalid(
                "The Secret "
                    + where
                    + " has no entry "
                    + key
                    + ": add it, or name another one in spec.keySecretRef.key."));
  }

  private PeerKey generated(Peer peer, Secret own) {
    var text = SecretData.text(own, SecretKeys.PRIVATE_KEY);
    if (text.isEmpty()) {
      var key = PrivateKey.generate(random);
      merge(peer, own, Map.of(SecretKeys.PRIVATE_KEY, key.toBase64()), null);
      return new PeerKey.Generated(key);
    }
    try {
      return new PeerKey.Generated(PrivateKey.parse(text.get().strip()));
    } catch (InvalidKeyException e) {
      return new PeerKey.Invalid(
          "The entry "
              + SecretKeys.PRIVATE_KEY
              + " of the Secret "
              + SecretNames.peer(peer.getMetadata().getName())
              + " is no key any more: restore it, or delete the Secret so that a new key is made.");
    }
  }

  /** Creates the Secret with the key alone, so that no later failure loses the key. */
  private PeerKey create(Peer peer) {
    var key = PrivateKey.generate(random);
    var texts = new LinkedHashMap<String, String>();
    texts.put(SecretKeys.PRIVATE_KEY, key.toBase64());
    texts.put(SecretKeys.PUBLIC_KEY, key.publicKey().toString());
    try {
      create(peer, texts, null);
      if (peer.getStatus().configSecret != null) {
        events.write(
            peer,
            EventReason.KEY_REPLACED,
            "The Secret "
                + SecretNames.peer(peer.getMetadata().getName())
                + " was gone, and with it the key: a new one was generated. Configurations with the"
                + " old key do not work any more: fetch the new one.");
      }
      return new PeerKey.Generated(key);
    } catch (KubernetesClientException e) {
      if (ApiErrors.isConflict(e) && read(peer) instanceof PeerSecret.Own(var own)) {
        return generated(peer, own);
      }
      throw e;
    }
  }

  private void create(Peer peer, Map<String, String> texts, @Nullable String digest) {
    var builder =
        new SecretBuilder()
            .withNewMetadata()
            .withName(SecretNames.peer(peer.getMetadata().getName()))
            .withNamespace(peer.getMetadata().getNamespace())
            .addToLabels(Labels.MANAGED_BY, Labels.WIREMESH)
            .addToLabels(Labels.NETWORK, peer.getSpec().networkRef.name)
            .withOwnerReferences(owner(peer))
            .endMetadata()
            .withType(SecretNames.PEER_TYPE)
            .withData(SecretData.encoded(texts));
    if (digest != null) {
      builder.editMetadata().addToAnnotations(Annotations.CONFIG_DIGEST, digest).endMetadata();
    }
    client
        .secrets()
        .inNamespace(peer.getMetadata().getNamespace())
        .resource(builder.build())
        .create();
  }

  /** Updates the Secret. A generated key is in it already. */
  void publish(
      Peer peer,
      PeerSecret known,
      PeerKey key,
      @Nullable PresharedKey presharedKey,
      String configuration) {
    var texts = new LinkedHashMap<String, @Nullable String>();
    texts.put(SecretKeys.PRIVATE_KEY, key.privateHalf().map(PrivateKey::toBase64).orElse(null));
    texts.put(SecretKeys.PUBLIC_KEY, key.publicHalf().map(PublicKey::toString).orElse(null));
    texts.put(SecretKeys.PRESHARED_KEY, presharedKey == null ? null : presharedKey.toBase64());
    texts.put(SecretKeys.WG_QUICK_CONF, configuration);
    var digest = Digests.sha256Hex(configuration);
    // An absent Secret may have been created with the key meanwhile.
    switch (known instanceof PeerSecret.Absent ? current(peer, key) : known) {
      case PeerSecret.Absent _ -> {
        var present = new LinkedHashMap<String, String>();
        texts.forEach((name, text) -> {
          if (text != null) {
            present.put(name, text);
          }
        });
        create(peer, present, digest);
      }
      case PeerSecret.Own(var own) -> update(peer, own, texts, configuration, digest);
      case PeerSecret.Restored _, PeerSecret.Left _ ->
          throw new IllegalStateException("not adopted or deleted yet");
      case PeerSecret.Unusable _ -> throw new IllegalStateException("not ours to write");
    }
  }

  /** The Secret as it is now. Fails if it has another generated key, which must stay. */
  private PeerSecret current(Peer peer, PeerKey key) {
    var secret = read(peer);
    if (key instanceof PeerKey.Generated(var generated)
        && secret instanceof PeerSecret.Own(var own)
        && !SecretData.text(own, SecretKeys.PRIVATE_KEY)
            .map(String::strip)
            .equals(Optional.of(generated.toBase64()))) {
      throw new IllegalStateException("the Secret was replaced while its peer was reconciled");
    }
    return secret;
  }

  private void update(
      Peer peer,
      Secret own,
      Map<String, @Nullable String> texts,
      String configuration,
      String digest) {
    var changed = new HashMap<String, @Nullable String>();
    texts.forEach((name, text) -> {
      if (!Optional.ofNullable(text).equals(SecretData.text(own, name))) {
        changed.put(name, text);
      }
    });
    var annotations = own.getMetadata().getAnnotations();
    boolean isMarked =
        annotations != null
            && own.getMetadata().getUid().equals(annotations.get(Annotations.SECRET_UID));
    if (changed.isEmpty() && isMarked) {
      return;
    }
    merge(peer, own, changed, digest);
    SecretData.text(own, SecretKeys.WG_QUICK_CONF)
        .filter(before -> !before.equals(configuration))
        .ifPresent(before ->
            events.write(
                peer,
                EventReason.CONFIG_CHANGED,
                "In the Secret "
                    + SecretNames.peer(peer.getMetadata().getName())
                    + " changed: "
                    + ConfigurationChange.between(before, configuration)
                    + ". Fetch the configuration again."));
  }

  private void merge(
      Peer peer, Secret own, Map<String, @Nullable String> texts, @Nullable String digest) {
    var data = new HashMap<String, @Nullable String>();
    texts.forEach((name, text) ->
        data.put(name, text == null ? null : SecretData.encoded(Map.of(name, text)).get(name)));
    var metadata = new HashMap<String, Object>();
    metadata.put("resourceVersion", own.getMetadata().getResourceVersion());
    var annotations = new HashMap<String, String>();
    annotations.put(Annotations.SECRET_UID, own.getMetadata().getUid());
    if (digest != null) {
      annotations.put(Annotations.CONFIG_DIGEST, digest);
    }
    metadata.put("annotations", annotations);
    client
        .secrets()
        .inNamespace(peer.getMetadata().getNamespace())
        .withName(SecretNames.peer(peer.getMetadata().getName()))
        .patch(Patches.merge(), Json.text(Map.of("metadata", metadata, "data", data)));
  }

  private @Nullable Secret get(Peer peer, String name) {
    return client.secrets().inNamespace(peer.getMetadata().getNamespace()).withName(name).get();
  }
}
