package dev.wiremesh.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/** Names the network that an object belongs to. */
public class NetworkReference {
  @Required
  @Size(min = 1, max = 32)
  @JsonPropertyDescription("Name of the WireGuardNetwork.")
  public String name = "";

  public NetworkReference() {}

  public NetworkReference(String name) {
    this.name = name;
  }
}
