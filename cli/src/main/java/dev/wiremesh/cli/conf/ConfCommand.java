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
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** {@code kubectl wiremesh conf}: prints a Peer's configuration, or writes it into files. */
public final class ConfCommand implements Runnable {
  private static final int LONGEST_INTERFACE_NAME = 15;
  private static final Pattern INTERFACE_NAME = Pattern.compile("[A-Za-z0-9_=+.-]{1,15}");

  private final ConnectionOptions connection = new ConnectionOptions();

  private final PositionalParamSpec peer =
      PositionalParamSpec.builder()
          .paramLabel("PEER")
          .arity("1")
          .required(true)
          .type(String.class)
          .description("Name of the Peer.")
          .build();

  private final OptionSpec format =
      OptionSpec.builder("--format")
          .paramLabel("FORMAT")
          .type(ConfFormat.class)
          .defaultValue("wg-quick")
          .description("One of: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
          .build();

  private final OptionSpec output =
      OptionSpec.builder("-o", "--output")
          .paramLabel("FILE")
          .type(Path.class)
          .description(
              "Write this file, readable by its owner alone, instead of printing; for networkd, which has two files, a directory.")
          .build();

  private final OptionSpec force =
      OptionSpec.builder("--force")
          .type(boolean.class)
          .description("Replace files that exist.")
          .build();

  private final OptionSpec interfaceName =
      OptionSpec.builder("--interface")
          .paramLabel("NAME")
          .type(String.class)
          .description(
              "Name of the interface in networkd and openwrt (default: wg- and the network's name).")
          .build();

  private final CommandSpec spec;

  public ConfCommand() {
    spec = CommandSpec.wrapWithoutInspection(this).name("conf");
    spec.usageMessage()
        .description(
            "Prints the configuration of a Peer, with its private key.",
            "wg-quick is the file as its Secret has it. networkd is a .netdev and a .network file for systemd-networkd. openwrt is a script for OpenWrt's shell: interface, peer and firewall zone.")
        .footer(
            "%nExamples:",
            "  kubectl wiremesh conf laptop",
            "  kubectl wiremesh conf laptop -o wg0.conf && wg-quick up ./wg0.conf",
            "  kubectl wiremesh conf server --format networkd -o .",
            "  kubectl wiremesh conf office --format openwrt | ssh root@192.168.1.1 sh",
            "%nNeeds the right to get the Secret PEER-wiremesh; networkd and openwrt also to get the Peer.");
    spec.addPositional(peer);
    connection.addTo(spec);
    List.of(format, output, force, interfaceName).forEach(spec::addOption);
  }

  /** The command with its options. */
  public CommandSpec spec() {
    return spec;
  }

  @Override
  public void run() {
    refuseFormatAsFile();
    @Nullable String name = interfaceName.getValue();
    if (name != null && !INTERFACE_NAME.matcher(name).matches()) {
      throw new CliException(
          "'%s' is no name of an interface: write 1 to 15 letters, digits, '-', '_' or '.'"
              .formatted(name));
    }
    try (var cluster = connection.open()) {
      switch (format.<ConfFormat>getValue()) {
        case WG_QUICK -> write(PeerConfiguration.fetch(cluster, peer()).bytes());
        case NETWORKD -> write(device(cluster));
        case OPENWRT -> write(OpenWrtScript.of(device(cluster)).getBytes(StandardCharsets.UTF_8));
      }
    }
  }

  /** {@code -o} is a format elsewhere in kubectl: a file of that name was hardly meant. */
  private void refuseFormatAsFile() {
    @Nullable Path file = output.getValue();
    if (file == null) {
      return;
    }
    var name = file.toString();
    if (Arrays.stream(ConfFormat.values()).anyMatch(it -> it.toString().equals(name))) {
      throw new CliException(
          "-o is for a file: write --format %s, or -o ./%s".formatted(name, name));
    }
  }

  private ClientDevice device(Cluster cluster) {
    var config = PeerConfiguration.fetch(cluster, peer()).config();
    var object = PeerLookup.get(cluster, peer());
    @Nullable String name = interfaceName.getValue();
    return new ClientDevice(
        name != null ? name : interfaceOf(object.getSpec().networkRef.name),
        config,
        SiteRoutes.of(object, config));
  }

  /** The network's interface name on nodes too, unless its spec has another. */
  static String interfaceOf(String network) {
    var name = "wg-" + network;
    return name.substring(0, Math.min(name.length(), LONGEST_INTERFACE_NAME)).replaceAll("-+$", "");
  }

  private String peer() {
    return peer.getValue();
  }

  private boolean isForced() {
    return Boolean.TRUE.equals(force.getValue());
  }

  private void write(byte[] content) {
    @Nullable Path file = output.getValue();
    if (file != null) {
      SecretFile.write(file, content, isForced());
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
    @Nullable Path folder = output.getValue();
    if (folder == null) {
      write(
          "# %s\n%s\n# %s\n%s"
              .formatted(netdev, files.netdev(), network, files.network())
              .getBytes(StandardCharsets.UTF_8));
      return;
    }
    if (!Files.isDirectory(folder)) {
      throw new CliException(
          "networkd has two files, so -o takes a directory that exists: %s is none"
              .formatted(folder));
    }
    // Both or none: the second is not written where the first one stands in the way.
    for (var name : new String[] {netdev, network}) {
      if (!isForced() && Files.exists(folder.resolve(name))) {
        throw new CliException(
            "%s exists: write --force to replace it, or another directory after -o"
                .formatted(folder.resolve(name)));
      }
    }
    SecretFile.write(
        folder.resolve(netdev), files.netdev().getBytes(StandardCharsets.UTF_8), isForced());
    SecretFile.write(
        folder.resolve(network), files.network().getBytes(StandardCharsets.UTF_8), isForced());
  }
}
