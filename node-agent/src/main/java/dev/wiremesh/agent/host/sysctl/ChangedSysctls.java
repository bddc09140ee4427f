package dev.wiremesh.agent.host.sysctl;

import dev.wiremesh.agent.state.StateDirectory;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sysctls that the agent changed, with their values before and after, so that an uninstallation
 * restores them. Kept on disk, because the uninstallation is another process. Owned by the control
 * thread.
 */
public final class ChangedSysctls {
  private static final Logger log = LoggerFactory.getLogger(ChangedSysctls.class);

  /** Cannot be the name of a network's file, which {@code FootprintStore} writes beside it. */
  private static final String FILE = "changed-sysctls";

  private static final String BECAME = " became ";

  private final StateDirectory folder;
  private final Path conf;

  /**
   * @param conf folder that the names of the sysctls are relative to
   */
  public ChangedSysctls(Path stateDirectory, Path conf) {
    this.folder = new StateDirectory(stateDirectory.resolve("networks"));
    this.conf = conf;
  }

  /** Sets a sysctl; its value before the first change is saved first. */
  public void set(String name, String before, String value) throws IOException {
    var changed = load();
    var first = changed.get(name);
    changed.put(name, (first == null ? before : first.split(BECAME)[0]) + BECAME + value);
    save(changed);
    Files.writeString(conf.resolve(name), value);
  }

  /**
   * Restores the sysctls that still have the value set here; others were changed since.
   *
   * @return one line for each
   */
  public List<String> restore() throws IOException {
    var lines = new ArrayList<String>();
    for (var entry : toRestore().entrySet()) {
      Files.writeString(conf.resolve(entry.getKey()), entry.getValue());
      lines.add("sysctl net/ipv6/conf/" + entry.getKey() + " = " + entry.getValue());
    }
    folder.delete(FILE);
    return lines;
  }

  /** Checks that {@link #restore} can write; changes nothing. */
  public void checkRestore() throws IOException {
    for (var name : toRestore().keySet()) {
      if (!Files.isWritable(conf.resolve(name))) {
        throw new IOException("The agent cannot restore the sysctl net/ipv6/conf/" + name);
      }
    }
  }

  /** Values from before by sysctl, in the order of restoring. */
  private Map<String, String> toRestore() throws IOException {
    var values = new LinkedHashMap<String, String>();
    for (var entry : load().descendingMap().entrySet()) {
      var change = entry.getValue().split(BECAME);
      var file = conf.resolve(entry.getKey());
      if (change.length == 2
          && Files.exists(file)
          && Files.readString(file).strip().equals(change[1])) {
        values.put(entry.getKey(), change[0]);
      }
    }
    return values;
  }

  private TreeMap<String, String> load() {
    var properties = new Properties();
    try {
      properties.load(new StringReader(folder.read(FILE).orElse("")));
    } catch (IOException | IllegalArgumentException e) {
      log.atWarn().addKeyValue("file", FILE).setCause(e).log("Ignoring an unreadable file");
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
