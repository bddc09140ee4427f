package dev.wiremesh.agent.state;

import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A directory of small files, readable by root alone. A file is replaced atomically, also on power
 * loss: a temporary file is written, synced and renamed.
 */
public final class StateDirectory {
  private static final FileAttribute<Set<PosixFilePermission>> ROOT_ONLY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
  private static final Set<PosixFilePermission> ROOT_ONLY_FOLDER =
      PosixFilePermissions.fromString("rwx------");
  private static final String TEMPORARY = ".new";

  private final Path folder;

  public StateDirectory(Path folder) {
    this.folder = folder;
  }

  /** Names of the files with this suffix; none if there is no directory yet. */
  public List<String> names(String suffix) throws IOException {
    var names = new ArrayList<String>();
    if (Files.isDirectory(folder)) {
      try (var files = Files.newDirectoryStream(folder)) {
        for (var file : files) {
          var name = String.valueOf(file.getFileName());
          if (name.endsWith(suffix)) {
            names.add(name);
          }
        }
      }
    }
    names.sort(null);
    return names;
  }

  /** The content of a file; empty if there is none. */
  public Optional<String> read(String name) throws IOException {
    try {
      return Optional.of(Files.readString(folder.resolve(name)));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  public void write(String name, String content) throws IOException {
    Files.createDirectories(folder);
    Files.setPosixFilePermissions(folder, ROOT_ONLY_FOLDER);
    var temporary = folder.resolve(name + TEMPORARY);
    Files.deleteIfExists(temporary);
    try (var channel = FileChannel.open(temporary, Set.of(CREATE_NEW, WRITE), ROOT_ONLY)) {
      var bytes = ByteBuffer.wrap(content.getBytes(StandardCharsets.UTF_8));
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    }
    Files.move(
        temporary,
        folder.resolve(name),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
    sync();
  }

  /** Deletes a file and the temporary file of an interrupted write, if they exist. */
  public void delete(String name) throws IOException {
    boolean there = Files.deleteIfExists(folder.resolve(name));
    if (Files.deleteIfExists(folder.resolve(name + TEMPORARY)) || there) {
      sync();
    }
  }

  /** Makes renames and deletions durable. */
  private void sync() throws IOException {
    try (var channel = FileChannel.open(folder, READ)) {
      channel.force(true);
    }
  }

  @Override
  public String toString() {
    return folder.toString();
  }
}
