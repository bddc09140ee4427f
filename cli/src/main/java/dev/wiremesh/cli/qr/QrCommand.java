package dev.wiremesh.cli.qr;

import dev.wiremesh.api.contract.SecretNames;
import dev.wiremesh.cli.kube.CliException;
import dev.wiremesh.cli.kube.ConnectionOptions;
import dev.wiremesh.cli.output.SecretFile;
import dev.wiremesh.cli.output.Terminal;
import dev.wiremesh.cli.peer.PeerConfiguration;
import dev.wiremesh.core.wgquick.WgQuickConfig;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** {@code kubectl wiremesh qr}: a Peer's configuration as a QR code for WireGuard's apps. */
public final class QrCommand implements Runnable {
  private final ConnectionOptions connection = new ConnectionOptions();

  private final PositionalParamSpec peer =
      PositionalParamSpec.builder()
          .paramLabel("PEER")
          .arity("1")
          .required(true)
          .type(String.class)
          .description("Name of the Peer.")
          .build();

  private final OptionSpec output =
      OptionSpec.builder("-o", "--output")
          .paramLabel("FILE.png")
          .type(Path.class)
          .description("Write a PNG image, readable by its owner alone, instead of printing.")
          .build();

  private final OptionSpec force =
      OptionSpec.builder("--force")
          .type(boolean.class)
          .description("Replace a file that exists.")
          .build();

  private final CommandSpec spec;

  public QrCommand() {
    spec = CommandSpec.wrapWithoutInspection(this).name("qr");
    spec.usageMessage()
        .description(
            "Shows the configuration of a Peer as a QR code, which the WireGuard apps for Android and iOS read.",
            "The code contains the private key: close the window when the phone has it. Commands and Table are left out, since the apps refuse them.")
        .footer(
            "%nExamples:",
            "  kubectl wiremesh qr phone",
            "  kubectl wiremesh qr phone -o phone.png",
            "%nNeeds the right to get the Secret PEER-wiremesh. NO_COLOR=1 gives plain characters for dark backgrounds.");
    spec.addPositional(peer);
    connection.addTo(spec);
    List.of(output, force).forEach(spec::addOption);
  }

  /** The command with its options. */
  public CommandSpec spec() {
    return spec;
  }

  @Override
  public void run() {
    @Nullable Path file = output.getValue();
    if (file != null && !file.toString().toLowerCase(Locale.ROOT).endsWith(".png")) {
      throw new CliException("-o writes a PNG image: write a name that ends with .png");
    }
    try (var cluster = connection.open()) {
      var config = PeerConfiguration.fetch(cluster, peer()).config();
      var phone = PhoneConfiguration.of(withPrivateKey(config));
      var image = image(phone);
      if (!phone.leftOut().isEmpty()) {
        say(
            "%s left out: WireGuard's apps refuse a configuration with it. On a computer, use 'kubectl wiremesh conf %s'."
                .formatted(String.join(", ", phone.leftOut()), peer()));
      }
      if (file != null) {
        SecretFile.write(file, PngQr.of(image), Boolean.TRUE.equals(force.getValue()));
      } else {
        print(image);
      }
    }
  }

  private String peer() {
    return peer.getValue();
  }

  private WgQuickConfig withPrivateKey(WgQuickConfig config) {
    if (config.device().privateKey() == null) {
      throw new CliException(
          "Peer %s brought its own public key, so the cluster does not know its private key, and a phone needs one: make the configuration on the device itself ('kubectl wiremesh conf %s' prints all but the key), or create the Peer without publicKey"
              .formatted(peer(), peer()));
    }
    return config;
  }

  private QrImage image(PhoneConfiguration phone) {
    return QrImage.of(phone.text())
        .orElseThrow(() ->
            new CliException(
                "the configuration of Peer %s is too long for one QR code: it has %d bytes, a code holds %d. Fewer AllowedIPs make it shorter (spec.client.allowedIPs of the Peer), or copy the file: kubectl wiremesh conf %s -o %s.conf"
                    .formatted(
                        peer(),
                        phone.text().getBytes(StandardCharsets.UTF_8).length,
                        QrImage.MOST_BYTES,
                        peer(),
                        SecretNames.peer(peer()))));
  }

  private void print(QrImage image) {
    var columns = Terminal.columns();
    if (columns.isPresent() && columns.getAsInt() < image.size()) {
      throw new CliException(
          "the code is %d columns wide and this terminal %d: widen it, make its letters smaller, or write -o %s.png"
              .formatted(image.size(), columns.getAsInt(), peer()));
    }
    var out = spec.commandLine().getOut();
    out.print(Terminal.colours() ? TerminalQr.coloured(image) : TerminalQr.plain(image));
    out.flush();
  }

  private void say(String sentence) {
    spec.commandLine().getErr().println(sentence);
  }
}
