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
import io.fabric8.kubernetes.model.annotation.Categories;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Version;

/** A mesh: its addresses, the nodes that join it, and the gateways that outside peers enter by. */
@Group("wiremesh.dev")
@Version("v1alpha1")
@ShortNames("wgn")
@Categories("wiremesh")
@JsonClassDescription(
    "A WireGuard mesh: its addresses, the cluster nodes that join it, and the gateways that peers outside the cluster connect to.")
@ValidationRule(
    value =
        "self.metadata.name.size() <= 32 && self.metadata.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
    message =
        "metadata.name: name a network with at most 32 lower-case letters, digits and '-', without dots, such as home")
@AdditionalPrinterColumn(name = "TOPOLOGY", jsonPath = ".spec.topology", type = Type.STRING)
@AdditionalPrinterColumn(name = "NODES", jsonPath = ".status.nodes.summary", type = Type.STRING)
@AdditionalPrinterColumn(name = "PEERS", jsonPath = ".status.peers.total", type = Type.INTEGER)
@AdditionalPrinterColumn(
    name = "CONNECTED",
    jsonPath = ".status.peers.connected",
    type = Type.INTEGER)
@AdditionalPrinterColumn(name = "FREE", jsonPath = ".status.pools[*].free", type = Type.STRING)
@AdditionalPrinterColumn(
    name = "READY",
    jsonPath = ".status.conditions[?(@.type=='Ready')].status",
    type = Type.STRING)
@AdditionalPrinterColumn(
    name = "REASON",
    jsonPath = ".status.conditions[?(@.type=='Ready')].reason",
    type = Type.STRING)
@AdditionalPrinterColumn(name = "AGE", jsonPath = ".metadata.creationTimestamp", type = Type.DATE)
@AdditionalPrinterColumn(
    name = "CIDR",
    jsonPath = ".spec.addressPools[*].cidr",
    type = Type.STRING,
    priority = 1)
@AdditionalPrinterColumn(
    name = "PORT",
    jsonPath = ".status.effective.listenPort",
    type = Type.INTEGER,
    priority = 1)
@AdditionalPrinterColumn(name = "MTU", jsonPath = ".spec.mtu", type = Type.STRING, priority = 1)
@JsonDeserialize(using = WireGuardNetwork.Deserializer.class)
public class WireGuardNetwork extends MeshResource<WireGuardNetworkSpec, WireGuardNetworkStatus> {
  private static final long serialVersionUID = 1L;

  static final class Deserializer extends MeshObjectDeserializer<WireGuardNetwork> {
    Deserializer() {
      super(WireGuardNetwork.class);
    }
  }

  @Override
  @Required
  @JsonPropertyDescription("The wanted state of the network. Never written by Wiremesh.")
  public WireGuardNetworkSpec getSpec() {
    return super.getSpec();
  }

  @Override
  @JsonPropertyDescription("Values that the operator allocated, and the state of the network.")
  public WireGuardNetworkStatus getStatus() {
    return super.getStatus();
  }

  @Override
  protected WireGuardNetworkSpec initSpec() {
    return new WireGuardNetworkSpec();
  }

  @Override
  protected WireGuardNetworkStatus initStatus() {
    return new WireGuardNetworkStatus();
  }
}
