package dev.wiremesh.lab.story;

import dev.wiremesh.lab.cluster.LabException;
import dev.wiremesh.testkit.host.Host;
import io.fabric8.kubernetes.api.model.Service;
import java.util.Objects;

/**
 * A machine in the place of a pod, since a lab has no kubelet and no kube-proxy: it has an address
 * of its node's pod range, and every node translates the Service's ClusterIP to it.
 */
record PodStandIn(Host machine, String address, String clusterIp, int port) {
  private static final String DEVICE = "eth0";

  /** Makes the pod of a Service on a node, and serves a page on the Service's target port. */
  static PodStandIn create(StoryScene scene, String name, String node, String namespace) {
    var client = scene.lab().client();
    var service = client.services().inNamespace(namespace).withName(name).get();
    if (service == null) {
      throw new LabException("there is no Service %s/%s".formatted(namespace, name));
    }
    var range = client.nodes().withName(node).get().getSpec().getPodCIDR();
    var firstThree = range.substring(0, range.lastIndexOf('.') + 1);
    var machine = scene.add(name);
    var host = scene.lab().machine(node);
    machine.connect(DEVICE, host, "pod-" + name);
    host.address("pod-" + name, firstThree + "1/24");
    machine.address(DEVICE, firstThree + "10/24");
    machine.route("default", firstThree + "1");
    var pod =
        new PodStandIn(machine, firstThree + "10", service.getSpec().getClusterIP(), port(service));
    int target = targetPort(service);
    scene.lab().nodes().forEach(each -> pod.translateOn(scene.lab().machine(each), target));
    scene.servePage(machine, target);
    return pod;
  }

  private static int port(Service service) {
    return service.getSpec().getPorts().getFirst().getPort();
  }

  private static int targetPort(Service service) {
    var target = service.getSpec().getPorts().getFirst().getTargetPort();
    return Objects.requireNonNullElse(target.getIntVal(), port(service));
  }

  /** The DNAT rule that kube-proxy would write for the Service. */
  private void translateOn(Host node, int targetPort) {
    node.command("nft", "-f", "-")
        .withInput(
            """
            table ip lab-service-%1$s {}
            delete table ip lab-service-%1$s
            table ip lab-service-%1$s {
              chain prerouting {
                type nat hook prerouting priority dstnat;
                ip daddr %2$s tcp dport %3$d dnat to %4$s:%5$d
              }
              chain output {
                type nat hook output priority -100;
                ip daddr %2$s tcp dport %3$d dnat to %4$s:%5$d
              }
            }
            """
                .formatted(machine.name(), clusterIp, port, address, targetPort))
        .check();
  }
}
