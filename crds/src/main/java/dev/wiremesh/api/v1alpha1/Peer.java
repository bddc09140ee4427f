package dev.wiremesh.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import dev.wiremesh.api.json.MeshObjectDeserializer;
import dev.wiremesh.api.json.MeshResource;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn.Type;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.model.annotation.Categories;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Version;

/** Something outside the cluster that joins a network: a laptop, a phone, an office router. */
@Group("wiremesh.dev")
@Version("v1alpha1")
@ShortNames("wgp")
@Categories("wiremesh")
@JsonClassDescription(
    "A machine outside the cluster that joins a network: a laptop, a phone, an office router. Its complete wg-quick configuration is in the Secret <name>-wiremesh.")
@ValidationRule(
    value = "self.metadata.name.size() <= 244",
    message =
        "metadata.name: name a peer with at most 244 characters, so that its Secret <name>-wiremesh can have a name")
@AdditionalPrinterColumn(name = "NETWORK", jsonPath = ".spec.networkRef.name", type = Type.STRING)
@AdditionalPrinterColumn(name = "ADDRESS", jsonPath = ".status.addresses[*]", type = Type.STRING)
@AdditionalPrinterColumn(
    name = "ENDPOINT",
    jsonPath = ".status.connectivity.endpoint",
    type = Type.STRING)
@AdditionalPrinterColumn(
    name = "LAST-HANDSHAKE",
    jsonPath = ".status.connectivity.lastHandshakeTime",
    type = Type.DATE)
@AdditionalPrinterColumn(name = "ROUTES", jsonPath = ".status.routesAccepted", type = Type.STRING)
@AdditionalPrinterColumn(
    name = "READY",
    jsonPath = ".status.conditions[?(@.type=='Ready')].status",
    type = Type.STRING)
@AdditionalPrinterColumn(
    name = "REASON",
    jsonPath = ".status.conditions[?(@.type=='Ready')].reason",
    type = Type.STRING)
@AdditionalPrinterColumn(
    name = "CONNECTED",
    jsonPath = ".status.conditions[?(@.type=='Connected')].status",
    type = Type.STRING)
@AdditionalPrinterColumn(name = "AGE", jsonPath = ".metadata.creationTimestamp", type = Type.DATE)
@AdditionalPrinterColumn(
    name = "GATEWAY",
    jsonPath = ".status.homeGateway",
    type = Type.STRING,
    priority = 1)
@AdditionalPrinterColumn(
    name = "PUBLIC-KEY",
    jsonPath = ".status.publicKey",
    type = Type.STRING,
    priority = 1)
@JsonDeserialize(using = Peer.Deserializer.class)
public class Peer extends MeshResource<PeerSpec, PeerStatus> implements Namespaced {
  private static final long serialVersionUID = 1L;

  static final class Deserializer extends MeshObjectDeserializer<Peer> {
    Deserializer() {
      super(Peer.class);
    }
  }

  @Override
  @Required
  @JsonPropertyDescription("The wanted state of the peer. Never written by Wiremesh.")
  public PeerSpec getSpec() {
    return super.getSpec();
  }

  @Override
  @JsonPropertyDescription("The state of the peer.")
  public PeerStatus getStatus() {
    return super.getStatus();
  }

  @Override
  protected PeerSpec initSpec() {
    return new PeerSpec();
  }

  @Override
  protected PeerStatus initStatus() {
    return new PeerStatus();
  }
}
