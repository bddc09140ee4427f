package dev.wiremesh.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.wiremesh.api.ApiConventions;
import io.fabric8.crdv2.generator.v1.SchemaCustomizer;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** An address and its owner. Written by the operator alone. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@SchemaCustomizer(ApiConventions.class)
public class IPAllocationSpec {
  @Required
  @Size(min = 1, max = 32)
  @ValidationRule(
      value = "self == oldSelf",
      message =
          "an allocation stays in its network: it is made by the operator and not to be edited")
  @JsonPropertyDescription("Name of the network.")
  public String network = "";

  @Required
  @Size(max = 39)
  @ValidationRule(
      value = "self == oldSelf",
      message = "an allocation keeps its address: it is made by the operator and not to be edited")
  @ValidationRule(
      value = "isIP(self)",
      message = "write an address without a prefix length, such as 10.70.0.5")
  @JsonPropertyDescription("The address.")
  public String address = "";

  @Required
  @JsonPropertyDescription("Owner of the address, or its last owner.")
  public Owner owner = new Owner();

  /** The object that has the address. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public static class Owner {
    @Required
    @JsonPropertyDescription("Peer or MeshNode.")
    public OwnerKind kind = OwnerKind.PEER;

    @Size(max = 63)
    @ValidationRule(value = Names.SUBDOMAIN, message = Names.OPERATOR_MESSAGE)
    @JsonPropertyDescription("Namespace of the Peer; absent for a MeshNode.")
    public @Nullable String namespace;

    @Required
    @Size(min = 1, max = 253)
    @ValidationRule(value = Names.SUBDOMAIN, message = Names.OPERATOR_MESSAGE)
    @JsonPropertyDescription("Name of the object.")
    public String name = "";

    @Required
    @Size(min = 1, max = 64)
    @JsonPropertyDescription("UID of the object, so that a namesake that came later is told apart.")
    public String uid = "";
  }

  /** Kinds that can have an address. */
  public enum OwnerKind {
    @JsonProperty("Peer")
    PEER,
    @JsonProperty("MeshNode")
    MESH_NODE
  }
}
