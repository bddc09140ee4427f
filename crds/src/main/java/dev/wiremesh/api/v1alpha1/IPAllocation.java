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
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Version;

/**
 * An address in use or in quarantine. Creating the object takes the address: its name is made of
 * the network and the address, so there cannot be two.
 */
@Group("wiremesh.dev")
@Version("v1alpha1")
@Plural("ipallocations")
@ShortNames("wgip")
@Categories("wiremesh")
@JsonClassDescription(
    "An address of a network, in use or in quarantine. Made by the operator; the name is <network>.<address>, so no address is ever given twice.")
@ValidationRule(
    value =
        "self.metadata.name.startsWith(self.spec.network + '.') && (self.spec.address.contains(':') || self.metadata.name == self.spec.network + '.' + self.spec.address)",
    message =
        "IPAllocations are made by the operator and named <network>.<address>, such as home.10.70.0.5: ask for an address in a Peer's spec.addresses instead")
@AdditionalPrinterColumn(name = "NETWORK", jsonPath = ".spec.network", type = Type.STRING)
@AdditionalPrinterColumn(name = "ADDRESS", jsonPath = ".spec.address", type = Type.STRING)
@AdditionalPrinterColumn(name = "KIND", jsonPath = ".spec.owner.kind", type = Type.STRING)
@AdditionalPrinterColumn(name = "NAMESPACE", jsonPath = ".spec.owner.namespace", type = Type.STRING)
@AdditionalPrinterColumn(name = "OWNER", jsonPath = ".spec.owner.name", type = Type.STRING)
@AdditionalPrinterColumn(name = "RELEASED", jsonPath = ".status.releasedAt", type = Type.DATE)
@AdditionalPrinterColumn(name = "AGE", jsonPath = ".metadata.creationTimestamp", type = Type.DATE)
@JsonDeserialize(using = IPAllocation.Deserializer.class)
public class IPAllocation extends MeshResource<IPAllocationSpec, IPAllocationStatus> {
  private static final long serialVersionUID = 1L;

  static final class Deserializer extends MeshObjectDeserializer<IPAllocation> {
    Deserializer() {
      super(IPAllocation.class);
    }
  }

  @Override
  @Required
  @JsonPropertyDescription("The address and its owner. Not to be edited.")
  public IPAllocationSpec getSpec() {
    return super.getSpec();
  }

  @Override
  @JsonPropertyDescription("Whether the address rests; absent while it is in use.")
  public IPAllocationStatus getStatus() {
    return super.getStatus();
  }

  @Override
  protected IPAllocationSpec initSpec() {
    return new IPAllocationSpec();
  }

  @Override
  protected IPAllocationStatus initStatus() {
    return new IPAllocationStatus();
  }
}
