package dev.wiremesh.cli.conf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.cli.Corpus;
import dev.wiremesh.core.wgquick.WgQuickText;
import dev.wiremesh.testkit.process.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * The scripts in a shell whose {@code uci}, {@code service} and {@code tee} only write down their
 * arguments: there is no OpenWrt here. The recorded settings are judged by the rules of UCI.
 */
class OpenWrtScriptTest {
  private static final Pattern SECTION = Pattern.compile("(network|firewall)\\.[A-Za-z0-9_]+");
  private static final Pattern OPTION =
      Pattern.compile("((?:network|firewall)\\.[A-Za-z0-9_]+)\\.[a-z0-9_]+");

  /** One line an argument, an empty line behind each command; nothing exists to be deleted. */
  private static final String STUB =
      """
      #!/bin/sh
      { echo "${0##*/}"; for argument; do echo "$argument"; done; echo; } >> "$RECORD"
      [ "$2" != delete ]
      """;

  @TempDir private Path folder;

  @TestFactory
  Stream<DynamicTest> scriptSetsOptionsOfSectionsThatItMadeAndCommitsBothFiles()
      throws IOException {
    return Corpus.all().stream().map(one -> DynamicTest.dynamicTest(one.name(), () -> check(one)));
  }

  @Test
  void valueWithQuotesReachesUciAsItIs() throws IOException {
    var config =
        WgQuickText.parse("[Interface]\nAddress = 10.70.0.5\nDNS = 10.70.0.1, it's $HOME\n")
            .config();
    assertThat(commands(new ClientDevice("wg0", config, List.of())))
        .contains(List.of("uci", "add_list", "network.wg0.dns_search=it's $HOME"));
  }

  private void check(Corpus one) throws IOException {
    var sections = new HashSet<String>(List.of("network.wan", "network.wan6"));
    var commands = commands(ClientFormatsTest.device(one));
    for (var command : commands) {
      if (command.getFirst().equals("tee")) {
        assertThat(command.get(1)).matches("/etc/nftables\\.d/90-[A-Za-z0-9_]+\\.nft");
        continue;
      }
      if (command.getFirst().equals("service") || command.get(1).equals("commit")) {
        continue;
      }
      if (command.get(1).equals("-q")) {
        assertThat(command.get(2)).isEqualTo("delete");
        assertThat(command.get(3)).matches(SECTION);
        continue;
      }
      assertThat(command).hasSize(3);
      int equals = command.get(2).indexOf('=');
      var target = command.get(2).substring(0, equals);
      var option = OPTION.matcher(target);
      if (option.matches()) {
        assertThat(sections).as(target).contains(option.group(1));
        assertThat(command.get(2).substring(equals + 1)).as(target).isNotEmpty();
      } else {
        assertThat(command.get(1)).isEqualTo("set");
        assertThat(target).matches(SECTION);
        sections.add(target);
      }
    }
    assertThat(commands)
        .endsWith(
            List.of("uci", "commit", "network"),
            List.of("uci", "commit", "firewall"),
            List.of("service", "network", "restart"),
            List.of("service", "firewall", "restart"));
  }

  private List<List<String>> commands(ClientDevice device) throws IOException {
    var record = folder.resolve("record");
    Files.deleteIfExists(record);
    for (var name : List.of("uci", "service", "tee")) {
      var program = Files.writeString(folder.resolve(name), STUB);
      Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
    }
    var result =
        Command.of("sh")
            .withEnvironment("PATH", folder + ":/usr/bin:/bin")
            .withEnvironment("RECORD", record.toString())
            .withInput(OpenWrtScript.of(device))
            .run();
    assertThat(result.errors()).isEmpty();
    var commands = new ArrayList<List<String>>();
    for (var command : Files.readString(record).split("\n\n")) {
      commands.add(List.of(command.split("\n")));
    }
    return commands;
  }
}
