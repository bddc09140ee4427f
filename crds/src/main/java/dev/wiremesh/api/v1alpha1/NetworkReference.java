package dev.wiremesh.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/** Names the network that an object belongs to. */
public class NetworkReference {
  @Required
  @Size(min = 1, max = 32)
  @ValidationRule(value = Names.NETWORK, message = Names.NETWORK_MESSAGE)
  @JsonPropertyDescription("Name of the WireGuardNetwork.")
  public String name = "";

  public NetworkReference() {}

  public NetworkReference(String name) {
    this.name = name;
  }
}
