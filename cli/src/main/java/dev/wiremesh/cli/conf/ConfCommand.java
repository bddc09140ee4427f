package dev.wiremesh.cli.conf;

import dev.wiremesh.cli.kube.CliException;
import dev.wiremesh.cli.kube.Cluster;
import dev.wiremesh.cli.kube.ConnectionOptions;
import dev.wiremesh.cli.output.SecretFile;
import dev.wiremesh.cli.peer.PeerConfiguration;
import dev.wiremesh.cli.peer.PeerLookup;
import dev.wiremesh.cli.peer.SiteRoutes;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code kubectl wiremesh conf}: prints a Peer's configuration, or writes it into files. */
@Command(
    name = "conf",
    description = {
      "Prints the configuration of a Peer, with its private key.",
      "wg-quick is the file as its Secret has it. networkd is a .netdev and a .network file for systemd-networkd. openwrt is a script for OpenWrt's shell: interface, peer and firewall zone."
    },
    footer = {
      "%nExamples:",
      "  kubectl wiremesh conf laptop",
      "  kubectl wiremesh conf laptop -o wg0.conf && wg-quick up ./wg0.conf",
      "  kubectl wiremesh conf server --format networkd -o .",
      "  kubectl wiremesh conf office --format openwrt | ssh root@192.168.1.1 sh",
      "%nNeeds the right to get the Secret PEER-wiremesh; networkd and openwrt also to get the Peer."
    })
public final class ConfCommand implements Runnable {
  private static final int LONGEST_INTERFACE_NAME = 15;
  private static final Pattern INTERFACE_NAME = Pattern.compile("[A-Za-z0-9_=+.-]{1,15}");

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private ConnectionOptions connection = new ConnectionOptions();

  @Parameters(paramLabel = "PEER", description = "Name of the Peer.")
  private String peer = "";

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      defaultValue = "wg-quick",
      description = "One of: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  private ConfFormat format = ConfFormat.WG_QUICK;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      description =
          "Write this file, readable by its owner alone, instead of printing; for networkd, which has two files, a directory.")
  private @Nullable Path output;

  @Option(names = "--force", description = "Replace files that exist.")
  private boolean force;

  @Option(
      names = "--interface",
      paramLabel = "NAME",
      description =
          "Name of the interface in networkd and openwrt (default: wg- and the network's name).")
  private @Nullable String interfaceName;

  @Override
  public void run() {
    refuseFormatAsFile();
    if (interfaceName != null && !INTERFACE_NAME.matcher(interfaceName).matches()) {
      throw new CliException(
          "'%s' is no name of an interface: write 1 to 15 letters, digits, '-', '_' or '.'"
              .formatted(interfaceName));
    }
    try (var cluster = connection.open()) {
      switch (format) {
        case WG_QUICK -> write(PeerConfiguration.fetch(cluster, peer).bytes());
        case NETWORKD -> write(device(cluster));
        case OPENWRT -> write(OpenWrtScript.of(device(cluster)).getBytes(StandardCharsets.UTF_8));
      }
    }
  }

  /** {@code -o} is a format elsewhere in kubectl: a file of that name was hardly meant. */
  private void refuseFormatAsFile() {
    if (output == null) {
      return;
    }
    var name = output.toString();
    if (Arrays.stream(ConfFormat.values()).anyMatch(it -> it.toString().equals(name))) {
      throw new CliException(
          "-o is for a file: write --format %s, or -o ./%s".formatted(name, name));
    }
  }

  private ClientDevice device(Cluster cluster) {
    var config = PeerConfiguration.fetch(cluster, peer).config();
    var object = PeerLookup.get(cluster, peer);
    return new ClientDevice(
        interfaceName != null ? interfaceName : interfaceOf(object.getSpec().networkRef.name),
        config,
        SiteRoutes.of(object, config));
  }

  /** The network's interface name on nodes too, unless its spec has another. */
  static String interfaceOf(String network) {
    var name = "wg-" + network;
    return name.substring(0, Math.min(name.length(), LONGEST_INTERFACE_NAME)).replaceAll("-+$", "");
  }

  private void write(byte[] content) {
    if (output != null) {
      SecretFile.write(output, content, force);
      return;
    }
    var out = spec.commandLine().getOut();
    out.print(new String(content, StandardCharsets.UTF_8));
    out.flush();
  }

  private void write(ClientDevice device) {
    var files = NetworkdFiles.of(device);
    var netdev = device.interfaceName() + ".netdev";
    var network = device.interfaceName() + ".network";
    if (output == null) {
      write(
          "# %s\n%s\n# %s\n%s"
              .formatted(netdev, files.netdev(), network, files.network())
              .getBytes(StandardCharsets.UTF_8));
      return;
    }
    if (!Files.isDirectory(output)) {
      throw new CliException(
          "networkd has two files, so -o takes a directory that exists: %s is none"
              .formatted(output));
    }
    // Both or none: the second is not written where the first one stands in the way.
    for (var name : new String[] {netdev, network}) {
      if (!force && Files.exists(output.resolve(name))) {
        throw new CliException(
            "%s exists: write --force to replace it, or another directory after -o"
                .formatted(output.resolve(name)));
      }
    }
    SecretFile.write(
        output.resolve(netdev), files.netdev().getBytes(StandardCharsets.UTF_8), force);
    SecretFile.write(
        output.resolve(network), files.network().getBytes(StandardCharsets.UTF_8), force);
  }
}
