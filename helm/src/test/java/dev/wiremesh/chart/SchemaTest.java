package dev.wiremesh.chart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A value that would be ignored, or that could not work, is refused with its path. */
class SchemaTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{operator: {replica: 3}}                       | /operator | replica",
        "{agents: {}}                                   | ''        | agents",
        "{agent: {image: {repo: x}}}                    | /agent/image | repo",
        "{operator: {replicas: two}}                    | /operator/replicas | integer",
        "{agent: {image: {repository: 'agent:1'}}}      | /agent/image/repository | pattern",
        "{agent: {image: {pullPolicy: Sometimes}}}      | /agent/image/pullPolicy | IfNotPresent",
        "{agent: {tunDevice: {access: hostpath}}}       | /agent/tunDevice/access | DevicePlugin",
        "{agent: {http: {port: 80}}}                    | /agent/http/port | minimum",
        "{agent: {stateDirectory: var/lib}}             | /agent/stateDirectory | pattern",
        "{network: {name: 'my.network'}}                | /network/name | pattern",
        "{monitoring: {podMonitor: {interval: 30}}}     | /monitoring/podMonitor/interval | string",
        "{agent: {tolerations: [{key: a, operater: Exists}]}} | /agent/tolerations/0 | operater",
        "{operator: {affinity: {nodeAfinity: {}}}}       | /operator/affinity | nodeAfinity",
        "{network: {spec: {addressPool: []}}}            | /network/spec | addressPool",
        "{network: {spec: {gateways: {endpoint: {hostt: a, host: a, port: 1}}}}} | /network/spec/gateways/endpoint | hostt",
        "{network: {spec: {nodes: {advertise: [Pods]}}}} | /network/spec/nodes/advertise/0 | PodCIDRs",
        "{agent: {updateStrategy: {rollingUpdate: {maxUnavailabel: 1}}}} | /agent/updateStrategy/rollingUpdate | maxUnavailabel",
        "{agent: {updateStrategy: {rollingUpdate: {maxSurge: 1}}}} | /agent/updateStrategy/rollingUpdate | maxSurge",
        "{monitoring: {podMonitor: {enable: true}}}      | /monitoring/podMonitor | enable",
        "{operator: {extraEnv: [{name: WIREMESH_NAMESPACE, value: x}]}} | /operator/extraEnv/0/name | not",
      })
  void refusesWithThePath(String values, String path, String word) {
    assertThatThrownBy(() -> Chart.render(values))
        .hasMessageContaining("values don't meet the specifications of the schema")
        .hasMessageContaining("at '" + path + "'")
        .hasMessageContaining(word);
  }

  @Test
  void devicePluginWantsTheResourceNamed() {
    assertThatThrownBy(() -> Chart.render("{agent: {tunDevice: {access: DevicePlugin}}}"))
        .hasMessageContaining("set agent.tunDevice.resource");
  }

  @Test
  void monitorsWantThePrometheusOperator() {
    assertThatThrownBy(() -> Chart.render("{monitoring: {podMonitor: {enabled: true}}}"))
        .hasMessageContaining("monitoring.podMonitor.enabled is true")
        .hasMessageContaining("monitoring.coreos.com/v1");
  }

  @Test
  void everyValueIsInTheSchemaAndEveryPropertyHasAValue() throws IOException {
    var values = Chart.YAML.readTree(Repository.CHART.resolve("values.yaml").toFile());
    var schema = Chart.YAML.readTree(Repository.CHART.resolve("values.schema.json").toFile());
    var differences = new ArrayList<String>();
    compare("", values, schema, differences);
    assertThat(differences).isEmpty();
  }

  private static void compare(String at, JsonNode values, JsonNode schema, List<String> found) {
    var properties = schema.path("properties");
    if (properties.isMissingNode() || !values.isObject()) {
      return;
    }
    values
        .properties()
        .forEach(value -> {
          if (properties.has(value.getKey())) {
            var inner = properties.get(value.getKey());
            compare(at + "/" + value.getKey(), value.getValue(), inner, found);
          } else {
            found.add(at + "/" + value.getKey() + " is not in the schema");
          }
        });
    properties
        .fieldNames()
        .forEachRemaining(name -> {
          var optional =
              List.of("global", "claims").contains(name)
                  || at.startsWith("/network/spec")
                  || at.endsWith("/affinity");
          if (!values.has(name) && !optional) {
            found.add(at + "/" + name + " is in the schema and has no default in values.yaml");
          }
        });
  }
}
