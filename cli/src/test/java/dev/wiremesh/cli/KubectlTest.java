package dev.wiremesh.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.wiremesh.cli.completion.Completer;
import dev.wiremesh.testkit.junit.RequiresKubernetes;
import dev.wiremesh.testkit.kubernetes.ControlPlane;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;

/** The commands as an administrator runs them. */
@RequiresKubernetes
final class KubectlTest extends KubectlOnMesh {
  KubectlTest(ControlPlane controlPlane) {
    super(controlPlane);
  }

  // --- conf ---

  @Test
  void wgQuickIsTheSecretsFileByteForByte() {
    var result = run("conf", "office");
    assertThat(result.errors()).isEmpty();
    assertThat(result.output()).isEqualTo(Corpus.named("site-router").configuration());
    assertThat(result.status()).isZero();
  }

  @Test
  void fileIsTheOwnersAloneAndNeverOverAnother() throws IOException {
    var file = folder.resolve("wg0.conf");
    assertThat(run("conf", "office", "-o", file.toString()).status()).isZero();
    assertThat(file).content().isEqualTo(Corpus.named("site-router").configuration());
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");

    Files.writeString(file, "mine");
    assertThat(run("conf", "office", "-o", file.toString()))
        .isEqualTo(
            new Result(
                1,
                "",
                "kubectl wiremesh: %s exists: write --force to replace it, or another name after -o\n"
                    .formatted(file)));
    assertThat(file).content().isEqualTo("mine");

    assertThat(run("conf", "office", "-o", file.toString(), "--force").status()).isZero();
    assertThat(file).content().startsWith("# default/subject");
  }

  @Test
  void networkdIsTwoFilesNamedByTheInterface() throws IOException {
    var printed = run("conf", "office", "--format", "networkd");
    assertThat(printed.output())
        .contains("# wg-home.netdev\n", "Kind=wireguard\n", "# wg-home.network\n")
        .contains("IPMasquerade=ipv4\n");
    var options = List.of("--format", "networkd", "--interface", "wg9", "-o", folder.toString());
    var words = new ArrayList<>(List.of("conf", "office"));
    words.addAll(options);
    assertThat(run(words.toArray(String[]::new)).status()).isZero();
    assertThat(folder.resolve("wg9.netdev")).content().contains("Name=wg9\n");
    assertThat(
            PosixFilePermissions.toString(
                Files.getPosixFilePermissions(folder.resolve("wg9.netdev"))))
        .isEqualTo("rw-------");
    Files.delete(folder.resolve("wg9.netdev"));
    assertThat(run(words.toArray(String[]::new)).errors()).contains("wg9.network exists");
    assertThat(folder.resolve("wg9.netdev")).doesNotExist();
  }

  @Test
  void openWrtIsAScriptWithTheForwardingOfTheRoutes() {
    assertThat(run("conf", "office", "--format", "openwrt").output())
        .contains("uci set network.wg_home.proto='wireguard'\n")
        .contains("uci set firewall.wg_home_in.dest='lan'\n");
  }

  @Test
  void formatAfterDashOIsNotTakenForAFile() {
    assertThat(run("conf", "office", "-o", "networkd").errors())
        .contains("write --format networkd");
  }

  @Test
  void mistypedNameIsAnsweredWithNearOnes() {
    assertThat(run("conf", "ofice"))
        .isEqualTo(
            new Result(
                1,
                "",
                "kubectl wiremesh: there is no Peer ofice in namespace kubectl-test; did you mean office?\n"));
  }

  @Test
  void peerOfAnotherNamespaceIsFound() {
    assertThat(run("conf", "tablet").errors())
        .isEqualTo(
            "kubectl wiremesh: there is no Peer tablet in namespace kubectl-test, but in namespace kubectl-test-elsewhere: write -n kubectl-test-elsewhere\n");
  }

  @Test
  void missingConfigurationIsExplainedByTheConditions() {
    assertThat(run("conf", "refused").errors())
        .isEqualTo(
            "kubectl wiremesh: Peer kubectl-test/refused has no configuration yet: AddressAllocated is False (AddressInUse): 10.70.0.7 belongs to Peer a/b.\n");
    assertThat(run("conf", "young").errors()).contains("the operator has not looked at it");
  }

  @Test
  void secretOfAnotherProgramIsNotPrinted() {
    var result = run("conf", "foreign");
    assertThat(result.output()).isEmpty();
    assertThat(result.errors()).contains("is not Wiremesh's").contains("Opaque");
  }

  // --- qr ---

  @Test
  void qrIsPrintedOrWrittenAsAPictureOfTheOwnersAlone() throws IOException {
    var printed = run("qr", "office");
    assertThat(printed.output()).contains("▀");
    assertThat(printed.errors()).startsWith("PostUp, PostDown left out");
    var file = folder.resolve("office.png");
    assertThat(run("qr", "office", "-o", file.toString()).status()).isZero();
    assertThat(ImageIO.read(file.toFile())).isNotNull();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(run("qr", "office", "-o", file.toString()).errors()).contains("exists");
    assertThat(run("qr", "office", "-o", "office.jpg").errors()).contains("ends with .png");
  }

  @Test
  void qrIsRefusedForAConfigurationThatIsTooLongAndForOneWithoutItsKey() {
    assertThat(run("qr", "long").errors())
        .contains("is too long for one QR code: it has ", "a code holds 2953");
    assertThat(run("qr", "brought").errors()).contains("brought its own public key");
  }

  // --- status ---

  @Test
  void statusShowsWhatIsConnectedAndWhyTheRestIsNot() {
    var result = run("status");
    assertThat(result.errors()).isEmpty();
    assertThat(result.status()).isEqualTo(3);
    assertThat(result.output())
        .contains("NETWORK   NODES   PEERS   CONNECTED   FREE    READY   WHY\n")
        .contains("home      1/1     3       1           65530   True\n")
        .containsPattern("office +home +10.70.0.5 +Stale +\\d+d +True +HandshakeStale: too old")
        .containsPattern("refused +home +- +Unknown +- +False +AddressInUse: 10.70.0.7 belongs")
        .doesNotContain("tablet");
    assertThat(run("status", "-A").output()).contains("tablet").startsWith("NETWORK");
    assertThat(run("status", "-o", "wide").output()).contains("PUBLIC-KEY", "10.70.0.0/16");
  }

  @Test
  void statusOfOneReadyPeerShowsConditionsAndRoutesAndEndsWithZero() {
    var result = run("status", "office");
    assertThat(result.status()).isZero();
    assertThat(result.output())
        .contains("CONDITION   STATUS   REASON           MESSAGE\n")
        .contains("ROUTE")
        .doesNotContain("NODES");
  }

  @Test
  void statusIsReadByMachines() throws IOException {
    var json = new ObjectMapper().readTree(run("status", "peer/office", "-o", "json").output());
    assertThat(json.at("/peers/0/session/state").asText()).isEqualTo("Stale");
    assertThat(json.at("/peers/0/health/ready").asText()).isEqualTo("True");
    var yaml = new YAMLMapper().readTree(run("status", "network/home", "-o", "yaml").output());
    assertThat(yaml.at("/networks/0/nodes/all").asInt()).isEqualTo(1);
  }

  @Test
  void nameOfAPeerAndOfANetworkHasToBeTold() {
    assertThat(run("status", "home").errors()).contains("write peer/home or network/home");
    assertThat(run("status", "network/home").output()).contains("CONDITION");
    assertThat(run("status", "network/hme").errors()).contains("did you mean home?");
    assertThat(run("status", "nothing-like-it").errors()).contains("there is no Peer");
    assertThat(run("status", "pod/x").errors()).contains("write peer/x or network/x");
  }

  // --- the rest ---

  @Test
  void completionKnowsThePeersOfTheNamespace() {
    var completer =
        new Completer(KubectlMain.commandLine())
            .complete(
                List.of(
                    "conf",
                    "--kubeconfig",
                    controlPlane.adminKubeconfigFile().toString(),
                    "-n",
                    NAMESPACE,
                    "of"));
    assertThat(completer).isEqualTo("office\n:4\n");
  }
}
