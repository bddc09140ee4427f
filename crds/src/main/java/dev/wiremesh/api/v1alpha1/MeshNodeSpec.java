package dev.wiremesh.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.wiremesh.api.ApiConventions;
import io.fabric8.crdv2.generator.v1.SchemaCustomizer;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The part of a node in a network. Written by the operator alone. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@SchemaCustomizer(ApiConventions.class)
public class MeshNodeSpec {
  @Required
  @ValidationRule(
      value = "self.name == oldSelf.name",
      message = "a MeshNode stays in its network: it is made by the operator and not to be edited")
  @JsonPropertyDescription("The network.")
  public NetworkReference networkRef = new NetworkReference();

  @Required
  @Size(min = 1, max = 253)
  @ValidationRule(
      value = "self == oldSelf",
      message = "a MeshNode stays with its Node: it is made by the operator and not to be edited")
  @ValidationRule(value = Names.SUBDOMAIN, message = Names.OPERATOR_MESSAGE)
  @JsonPropertyDescription("The Node.")
  public String nodeName = "";

  @Size(max = 2)
  @JsonPropertyDescription(
      "The node's addresses in the network, at most one of each family; absent until allocation.")
  @ValidationRule(
      value = "self.all(a, isIP(a))",
      message = "write an address without a prefix length, such as 10.70.0.7",
      messageExpression =
          "'not ' + self.filter(a, !isIP(a))[0] + ': write an address without a prefix length, such as 10.70.0.7'")
  public List<@Size(max = 39) String> addresses = new ArrayList<>();

  @Size(max = 16)
  @JsonPropertyDescription(
      "The blocks that the node's pods get their addresses from; the other nodes reach them through the mesh where the network's spec.nodes.advertise has PodCIDRs.")
  public List<@Size(max = 43) String> podCIDRs = new ArrayList<>();

  @Size(max = 8)
  @JsonPropertyDescription("Where the other nodes dial the node, best first.")
  public List<MeshNodeEndpoint> endpoints = new ArrayList<>();

  @Size(max = 63)
  @JsonPropertyDescription(
      "The site of the node: the value of the label that the network's spec.nodes.siteLabel names. Absent for a node without the label; such nodes are one site.")
  public @Nullable String site;

  @Default("false")
  @JsonPropertyDescription("Whether peers outside the cluster enter by this node.")
  public boolean gateway;

  @Size(max = 253)
  @ValidationRule(value = Names.SUBDOMAIN, message = Names.OPERATOR_MESSAGE)
  @JsonPropertyDescription(
      "The Secret in the operator's namespace that holds the node's keys; absent until it exists.")
  public @Nullable String keySecret;
}
