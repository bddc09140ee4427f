package dev.wiremesh.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/** A host and a UDP port where WireGuard can be dialled. */
public class HostPort {
  @Required
  @Size(min = 1, max = 253)
  @JsonPropertyDescription("A DNS name or an IP address, IPv6 without brackets.")
  @ValidationRule(value = DialableHosts.HOST, message = DialableHosts.HOST_MESSAGE)
  @ValidationRule(
      value = DialableHosts.NO_BROKEN_ADDRESS,
      message = DialableHosts.NO_BROKEN_ADDRESS_MESSAGE)
  public String host = "";

  @Required
  @Min(1)
  @Max(65535)
  @JsonPropertyDescription("UDP port, 1 to 65535.")
  public Integer port = 0;

  public HostPort() {}

  public HostPort(String host, int port) {
    this.host = host;
    this.port = port;
  }
}
