package dev.wiremesh.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;

/** A host and port where a node can be dialled, and the nodes that it is meant for. */
public class MeshNodeEndpoint extends HostPort {
  @Default("InternalIP")
  @JsonPropertyDescription(
      "Where the endpoint comes from. InternalIP: an address of the Node for nodes of the same site. ExternalIP: an address of the Node for all nodes. Override: the network's spec.nodes.overrides, for all nodes.")
  public Type type = Type.INTERNAL_IP;

  public MeshNodeEndpoint() {}

  /** An InternalIP with the network's port. */
  public MeshNodeEndpoint(String host, int port) {
    this(Type.INTERNAL_IP, host, port);
  }

  public MeshNodeEndpoint(Type type, String host, int port) {
    super(host, port);
    this.type = type;
  }

  /** The origin of an endpoint. */
  public enum Type {
    @JsonProperty("InternalIP")
    INTERNAL_IP,
    @JsonProperty("ExternalIP")
    EXTERNAL_IP,
    @JsonProperty("Override")
    OVERRIDE
  }
}
