package dev.wiremesh.lab;

import dev.wiremesh.lab.cluster.LabException;
import dev.wiremesh.lab.control.ControlClient;
import dev.wiremesh.lab.control.Request;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code lab host}: adds or removes an outside host, configured from a Peer's Secret. */
@Command(
    name = "host",
    description = {
      "Makes a host outside the cluster, configured with nothing but the wg-quick.conf of a Peer's Secret.",
      "Returns when its interface is up.",
      "  bin/wiremesh lab host laptop --peer default/laptop",
      "  bin/wiremesh lab exec laptop -- ping 10.70.0.1"
    })
final class HostCommand implements Runnable {
  @ParentCommand private LabMain lab = new LabMain();

  @Parameters(index = "0", paramLabel = "NAME", description = "Name of the host.")
  private String name = "";

  @Option(
      names = "--peer",
      paramLabel = "NAMESPACE/PEER",
      description = "Peer whose configuration it gets.")
  private @Nullable String peer;

  @Option(
      names = "--with",
      paramLabel = "IMPLEMENTATION",
      defaultValue = "wireguard-go",
      description =
          "WireGuard implementation: wireguard-go or wiremesh (default: ${DEFAULT-VALUE}).")
  private String with = "wireguard-go";

  @Option(names = "--nat", description = "Behind a router that masquerades.")
  private boolean nat;

  @Option(
      names = "--lan",
      paramLabel = "CIDR",
      description = "A network behind it, with a machine NAME-lan at .10.")
  private String lan = "";

  @Option(names = "--remove", description = "Remove the host instead.")
  private boolean remove;

  @Override
  public void run() {
    var control = new ControlClient(lab.folder());
    if (remove) {
      var _ =
          control.ask(new Request(Request.Command.REMOVE_HOST, Map.of("name", name)), Map.class);
      return;
    }
    if (peer == null) {
      throw new LabException("say whose configuration it gets: --peer NAMESPACE/PEER");
    }
    var arguments = new HashMap<String, String>();
    arguments.put("name", name);
    arguments.put("peer", peer);
    arguments.put("with", with);
    arguments.put("nat", Boolean.toString(nat));
    arguments.put("lan", lan);
    var host = control.ask(new Request(Request.Command.ADD_HOST, arguments), Request.NewHost.class);
    System.out.printf(
        "%s is up with %s as %s. Try: %s%n",
        name,
        with,
        String.join(", ", host.addresses()),
        lab.folder().command("exec " + name + " -- wg show"));
    host.machines().stream()
        .skip(1)
        .forEach(machine -> System.out.println("  beside it: " + machine));
  }
}
