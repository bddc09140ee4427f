package dev.wiremesh.cli.completion;

import dev.wiremesh.cli.kube.CliException;
import dev.wiremesh.cli.kube.Cluster;
import dev.wiremesh.cli.kube.ConnectionOptions;
import dev.wiremesh.cli.kube.ForbiddenException;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Completes a command line from picocli's model, and names from the cluster. The answer has the
 * form that kubectl expects of {@code kubectl_complete-wiremesh}: a candidate a line, its
 * description behind a tab, and last a directive of cobra. Silent on failures: a shell is waiting.
 */
public final class Completer {
  private static final String FILES_TOO = ":0\n";
  private static final String NO_FILES = ":4\n";

  private final CommandLine root;

  public Completer(CommandLine root) {
    this.root = root;
  }

  /**
   * The candidates for the last word.
   *
   * @param words the words behind the command; the last one, maybe empty, is to be completed
   */
  public String complete(List<String> words) {
    var before = words.isEmpty() ? List.<String>of() : words.subList(0, words.size() - 1);
    var last = words.isEmpty() ? "" : words.getLast();
    var line = Line.of(root, before);
    int equals = last.indexOf('=');
    if (line.valueOf() != null) {
      return values(line.valueOf(), before, "", last);
    }
    if (last.startsWith("--") && equals > 0) {
      var option = line.command().getCommandSpec().findOption(last.substring(0, equals));
      return option == null
          ? NO_FILES
          : values(option, before, last.substring(0, equals + 1), last);
    }
    if (last.startsWith("-")) {
      return text(options(line.command()).filter(it -> it.startsWith(last)), NO_FILES);
    }
    if (!line.command().getSubcommands().isEmpty()) {
      return text(subcommands(line.command()).filter(it -> it.startsWith(last)), NO_FILES);
    }
    var positionals = line.command().getCommandSpec().positionalParameters();
    return line.positionals() < positionals.size()
        ? values(positionals.get(line.positionals()), before, "", last)
        : NO_FILES;
  }

  private static Stream<String> options(CommandLine command) {
    return command.getCommandSpec().options().stream()
        .filter(option -> !option.hidden())
        .map(option -> option.longestName() + "\t" + first(option.description()));
  }

  private static Stream<String> subcommands(CommandLine command) {
    return command.getSubcommands().entrySet().stream()
        .filter(it -> !it.getValue().getCommandSpec().usageMessage().hidden())
        .map(it ->
            it.getKey()
                + "\t"
                + first(it.getValue().getCommandSpec().usageMessage().description()));
  }

  private static String first(String[] description) {
    return description.length == 0 ? "" : description[0].replaceAll("\\$\\{.*|%n.*", "").strip();
  }

  /** The values of an option or a parameter: of its type, else by its label. */
  private static String values(ArgSpec argument, List<String> before, String prefix, String last) {
    var candidates = argument.completionCandidates();
    if (candidates != null) {
      return text(
          StreamSupport.stream(candidates.spliterator(), false)
              .map(it -> prefix + it)
              .filter(it -> it.startsWith(last)),
          NO_FILES);
    }
    if (argument.paramLabel().startsWith("FILE")) {
      return FILES_TOO;
    }
    return text(
        names(argument, before).map(it -> prefix + it).filter(it -> it.startsWith(last)), NO_FILES);
  }

  private static Stream<String> names(ArgSpec argument, List<String> before) {
    var connection = new ConnectionOptions();
    var options = CommandSpec.create();
    connection.addTo(options);
    new CommandLine(options)
        .setUnmatchedArgumentsAllowed(true)
        .parseArgs(before.toArray(String[]::new));
    try {
      if (argument instanceof OptionSpec option) {
        return switch (option.longestName()) {
          case "--context" -> connection.contexts().stream();
          case "--namespace" -> ask(connection, Cluster::namespaces);
          default -> Stream.empty();
        };
      }
      return switch (argument.paramLabel()) {
        case "PEER" -> ask(connection, Completer::peers);
        case "PEER|NETWORK" ->
            Stream.concat(
                ask(connection, Completer::peers), ask(connection, Cluster::networkNames));
        default -> Stream.empty();
      };
    } catch (CliException _) {
      return Stream.empty();
    }
  }

  private static List<String> peers(Cluster cluster) {
    return cluster.peerNames(cluster.namespace());
  }

  private static Stream<String> ask(
      ConnectionOptions connection, Function<Cluster, List<String>> what) {
    try (var cluster = connection.openBriefly()) {
      return what.apply(cluster).stream();
    } catch (CliException | ForbiddenException _) {
      return Stream.empty();
    }
  }

  private static String text(Stream<String> candidates, String directive) {
    var text = new StringBuilder();
    candidates.forEach(it -> text.append(it).append('\n'));
    return text.append(directive).toString();
  }

  /**
   * A command line up to the word that is completed.
   *
   * @param command the innermost command
   * @param positionals the number of positional parameters so far
   * @param valueOf the option whose value the next word is; null for none
   */
  private record Line(CommandLine command, int positionals, @Nullable OptionSpec valueOf) {

    static Line of(CommandLine root, List<String> words) {
      var line = new Line(root, 0, null);
      for (var word : words) {
        line = line.after(word);
      }
      return line;
    }

    private Line after(String word) {
      if (valueOf != null) {
        return new Line(command, positionals, null);
      }
      if (word.startsWith("-")) {
        var option = command.getCommandSpec().findOption(word);
        return new Line(
            command, positionals, option != null && option.arity().min() > 0 ? option : null);
      }
      Map<String, CommandLine> subcommands = command.getSubcommands();
      var subcommand = subcommands.get(word);
      return subcommand != null
          ? new Line(subcommand, 0, null)
          : new Line(command, positionals + 1, null);
    }
  }
}
