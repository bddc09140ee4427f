package dev.wiremesh.operator.peer;

import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.core.keys.InvalidKeyException;
import dev.wiremesh.core.keys.LowOrderPoints;
import dev.wiremesh.core.keys.PresharedKey;
import dev.wiremesh.core.keys.PrivateKey;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.operator.keys.SecretData;
import dev.wiremesh.operator.keys.SecretNames;
import dev.wiremesh.operator.kube.ApiErrors;
import dev.wiremesh.operator.kube.Events;
import dev.wiremesh.operator.kube.FieldManagers;
import dev.wiremesh.operator.state.Labels;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads and writes the Secrets where Peers live, each by its name: the operator may not list them
 * there. Written only when something in it changes.
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

  PeerSecret read(Peer peer) {
    return PeerSecret.of(get(peer, PeerSecret.name(peer)), peer);
  }

  /** The key that the spec asks for; a generated one is in the Secret when this returns. */
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
      case PeerSecret.Absent ignored -> create(peer);
      case PeerSecret.OfNamesake ignored -> new PeerKey.NoPlace(conflict(peer, secret));
      case PeerSecret.Foreign ignored -> new PeerKey.NoPlace(conflict(peer, secret));
    };
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
    var text = SecretData.text(own, SecretNames.PRIVATE_KEY);
    if (text.isEmpty()) {
      var key = PrivateKey.generate(random);
      merge(peer, own, Map.of(SecretNames.PRIVATE_KEY, key.toBase64()), null);
      return new PeerKey.Generated(key);
    }
    try {
      return new PeerKey.Generated(PrivateKey.parse(text.get().strip()));
    } catch (InvalidKeyException e) {
      return new PeerKey.Invalid(
          "The entry "
              + SecretNames.PRIVATE_KEY
              + " of the Secret "
              + PeerSecret.name(peer)
              + " is no key any more: restore it, or delete the Secret so that a new key is made.");
    }
  }

  /** The Secret is created with the key alone: whatever happens next, the key is not lost. */
  private PeerKey create(Peer peer) {
    var key = PrivateKey.generate(random);
    var texts = new LinkedHashMap<String, String>();
    texts.put(SecretNames.PRIVATE_KEY, key.toBase64());
    texts.put(SecretNames.PUBLIC_KEY, key.publicKey().toString());
    try {
      create(peer, texts, null);
      if (peer.getStatus().configSecret != null) {
        events.normal(
            peer,
            "KeyReplaced",
            "The Secret "
                + PeerSecret.name(peer)
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
            .withName(PeerSecret.name(peer))
            .withNamespace(peer.getMetadata().getNamespace())
            .addToLabels(Labels.MANAGED_BY, Labels.WIREMESH)
            .addToLabels(Labels.NETWORK, peer.getSpec().networkRef.name)
            .addNewOwnerReference()
            .withApiVersion(peer.getApiVersion())
            .withKind(peer.getKind())
            .withName(peer.getMetadata().getName())
            .withUid(peer.getMetadata().getUid())
            .endOwnerReference()
            .endMetadata()
            .withType(PeerSecret.TYPE)
            .withData(SecretData.encoded(texts));
    if (digest != null) {
      builder.editMetadata().addToAnnotations(Labels.CONFIG_DIGEST, digest).endMetadata();
    }
    client
        .secrets()
        .inNamespace(peer.getMetadata().getNamespace())
        .resource(builder.build())
        .create();
  }

  /** Brings the Secret up to date. The key is in it already if it was generated. */
  void publish(
      Peer peer,
      PeerSecret known,
      PeerKey key,
      @Nullable PresharedKey presharedKey,
      ClientConfiguration content) {
    var texts = new LinkedHashMap<String, @Nullable String>();
    texts.put(SecretNames.PRIVATE_KEY, key.privateHalf().map(PrivateKey::toBase64).orElse(null));
    texts.put(SecretNames.PUBLIC_KEY, key.publicHalf().map(PublicKey::toString).orElse(null));
    texts.put(SecretNames.PRESHARED_KEY, presharedKey == null ? null : presharedKey.toBase64());
    var configuration = content.text();
    texts.put(PeerSecret.CONFIGURATION, configuration);
    var digest = digest(configuration);
    // Where there was none, the key may have been put there meanwhile.
    switch (known instanceof PeerSecret.Absent ? read(peer) : known) {
      case PeerSecret.Absent ignored -> {
        var present = new LinkedHashMap<String, String>();
        texts.forEach((name, text) -> {
          if (text != null) {
            present.put(name, text);
          }
        });
        create(peer, present, digest);
      }
      case PeerSecret.Own(var own) -> update(peer, own, texts, configuration, digest);
      case PeerSecret.OfNamesake ignored -> throw new IllegalStateException("not ours to write");
      case PeerSecret.Foreign ignored -> throw new IllegalStateException("not ours to write");
    }
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
    if (changed.isEmpty()) {
      return;
    }
    merge(peer, own, changed, digest);
    SecretData.text(own, PeerSecret.CONFIGURATION)
        .filter(before -> !before.equals(configuration))
        .ifPresent(before ->
            events.normal(
                peer,
                "ConfigChanged",
                "In the Secret "
                    + PeerSecret.name(peer)
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
    if (digest != null) {
      metadata.put("annotations", Map.of(Labels.CONFIG_DIGEST, digest));
    }
    client
        .secrets()
        .inNamespace(peer.getMetadata().getNamespace())
        .withName(PeerSecret.name(peer))
        .patch(FieldManagers.merge(), Json.text(Map.of("metadata", metadata, "data", data)));
  }

  private @Nullable Secret get(Peer peer, String name) {
    return client.secrets().inNamespace(peer.getMetadata().getNamespace()).withName(name).get();
  }

  static String conflict(Peer peer, PeerSecret secret) {
    var name = peer.getMetadata().getNamespace() + "/" + PeerSecret.name(peer);
    return secret instanceof PeerSecret.OfNamesake
        ? "The Secret " + name + " of a deleted Peer of this name has yet to go."
        : "There is a Secret "
            + name
            + " that is not this Peer's: rename or delete it, or give the Peer another name.";
  }

  private static String digest(String text) {
    try {
      var sha = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(sha.digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
