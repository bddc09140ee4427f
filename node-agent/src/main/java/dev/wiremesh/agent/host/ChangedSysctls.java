package dev.wiremesh.agent.host;

import dev.wiremesh.agent.state.StateDirectory;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The node's switches that we turned, and how they stood before, so that they can be turned back.
 * On disk, since whoever turns them back is another process. Owned by the control thread.
 */
final class ChangedSysctls {
  private static final Logger LOG = LoggerFactory.getLogger(ChangedSysctls.class);

  /** Not the name of a network's file, which {@link FootprintStore} writes beside it. */
  private static final String FILE = "changed-sysctls";

  private static final String BECAME = " became ";

  private final StateDirectory folder;
  private final Path conf;

  /**
   * @param conf the folder that the switches' names are relative to
   */
  ChangedSysctls(Path stateDirectory, Path conf) {
    this.folder = new StateDirectory(stateDirectory.resolve("networks"));
    this.conf = conf;
  }

  /** Turns a switch; how it stood when we first touched it is written down before. */
  void set(String name, String before, String value) throws IOException {
    var changed = load();
    var first = changed.get(name);
    changed.put(name, (first == null ? before : first.split(BECAME)[0]) + BECAME + value);
    save(changed);
    Files.writeString(conf.resolve(name), value);
  }

  /**
   * Turns back what still stands as we left it; what somebody turned since is theirs.
   *
   * @return one line for each
   */
  List<String> putBack() throws IOException {
    var lines = new ArrayList<String>();
    for (var entry : load().descendingMap().entrySet()) {
      var values = entry.getValue().split(BECAME);
      var file = conf.resolve(entry.getKey());
      if (values.length == 2
          && Files.exists(file)
          && Files.readString(file).strip().equals(values[1])) {
        Files.writeString(file, values[0]);
        lines.add("sysctl net/ipv6/conf/" + entry.getKey() + " = " + values[0]);
      }
    }
    folder.delete(FILE);
    return lines;
  }

  private TreeMap<String, String> load() {
    var properties = new Properties();
    try {
      properties.load(new StringReader(folder.read(FILE).orElse("")));
    } catch (IOException | IllegalArgumentException e) {
      LOG.atWarn().addKeyValue("file", FILE).setCause(e).log("Ignoring what cannot be read");
    }
    var changed = new TreeMap<String, String>();
    properties
        .stringPropertyNames()
        .forEach(name -> changed.put(name, properties.getProperty(name)));
    return changed;
  }

  private void save(TreeMap<String, String> changed) throws IOException {
    var text = new StringBuilder();
    changed.forEach((name, values) -> text.append(name).append('=').append(values).append('\n'));
    folder.write(FILE, text.toString());
  }
}
