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

/** A cluster node in a network; named {@code <network>.<node>} and owned by the Node. */
@Group("wiremesh.dev")
@Version("v1alpha1")
@ShortNames("wgnode")
@Categories("wiremesh")
@JsonClassDescription(
    "A cluster node in a network, named <network>.<node>. Made by the operator; its status is written by that node's agent, except for the conditions Provisioned and NodesReachable, and Ready while the agent is silent.")
@ValidationRule(
    value =
        "self.metadata.name == self.spec.networkRef.name + '.' + self.spec.nodeName"
            + " || size(self.spec.networkRef.name) + 1 + size(self.spec.nodeName) > 253"
            + " && self.metadata.name.startsWith(self.spec.networkRef.name + '.')",
    message =
        "MeshNodes are made by the operator and named <network>.<node>: label the Node so that the network's spec.nodes.selector matches it instead")
@AdditionalPrinterColumn(name = "NODE", jsonPath = ".spec.nodeName", type = Type.STRING)
@AdditionalPrinterColumn(name = "ADDRESS", jsonPath = ".spec.addresses[*]", type = Type.STRING)
@AdditionalPrinterColumn(
    name = "ENDPOINT",
    jsonPath = ".spec.endpoints[0].host",
    type = Type.STRING)
@AdditionalPrinterColumn(name = "PEERS", jsonPath = ".status.peers.total", type = Type.INTEGER)
@AdditionalPrinterColumn(
    name = "CONNECTED",
    jsonPath = ".status.peers.connected",
    type = Type.INTEGER)
@AdditionalPrinterColumn(name = "MTU", jsonPath = ".status.mtu", type = Type.INTEGER)
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
    name = "GATEWAY",
    jsonPath = ".spec.gateway",
    type = Type.BOOLEAN,
    priority = 1)
@AdditionalPrinterColumn(name = "SITE", jsonPath = ".spec.site", type = Type.STRING, priority = 1)
@AdditionalPrinterColumn(
    name = "PATHS",
    jsonPath = ".status.conditions[?(@.type=='NodesReachable')].reason",
    type = Type.STRING,
    priority = 1)
@AdditionalPrinterColumn(
    name = "PUBLIC-KEY",
    jsonPath = ".status.publicKey",
    type = Type.STRING,
    priority = 1)
@JsonDeserialize(using = MeshNode.Deserializer.class)
public class MeshNode extends MeshResource<MeshNodeSpec, MeshNodeStatus> {
  private static final long serialVersionUID = 1L;

  static final class Deserializer extends MeshObjectDeserializer<MeshNode> {
    Deserializer() {
      super(MeshNode.class);
    }
  }

  @Override
  @Required
  @JsonPropertyDescription("Values that the operator allocated for the node. Not to be edited.")
  public MeshNodeSpec getSpec() {
    return super.getSpec();
  }

  @Override
  @JsonPropertyDescription("The state of the node, as its agent and the operator report it.")
  public MeshNodeStatus getStatus() {
    return super.getStatus();
  }

  @Override
  protected MeshNodeSpec initSpec() {
    return new MeshNodeSpec();
  }

  @Override
  protected MeshNodeStatus initStatus() {
    return new MeshNodeStatus();
  }
}
