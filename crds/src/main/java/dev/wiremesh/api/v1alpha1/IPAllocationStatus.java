package dev.wiremesh.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.wiremesh.api.ApiConventions;
import io.fabric8.crdv2.generator.v1.SchemaCustomizer;
import io.fabric8.generator.annotation.Size;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Status of an IPAllocation: its release time. Absent while the address is in use. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@SchemaCustomizer(value = ApiConventions.class, input = "conditions=type")
public class IPAllocationStatus {
  @Size(max = 40)
  @JsonPropertyDescription(
      "When its owner went away; the address is free again once the network's addressReuseAfter has passed.")
  public @Nullable String releasedAt;

  @Size(max = 8)
  @JsonPropertyDescription(
      "Ready, as long as the operator fails to release or to delete the object; absent otherwise.")
  public List<Condition> conditions = new ArrayList<>();
}
