package dev.wiremesh.wireguard.uapi;

import dev.wiremesh.wireguard.io.CloseOnFailure;
import dev.wiremesh.wireguard.linux.syscall.Errno;
import dev.wiremesh.wireguard.linux.syscall.SystemCallException;
import dev.wiremesh.wireguard.linux.unix.UnixListener;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The UAPI socket file of an interface, where {@code wg} looks for it. Closing removes the file,
 * unless it has been replaced by another one.
 */
public final class UapiSocket implements AutoCloseable {
  static final Path DIRECTORY = Path.of("/var/run/wireguard");

  private static final String RIGHT_NEEDED = "Run as root, or as a user who may write there";

  private final UnixListener listener;
  private final Path path;
  private final @Nullable Object fileKey;

  private UapiSocket(UnixListener listener, Path path) {
    this.listener = listener;
    this.path = path;
    fileKey = fileKey(path);
  }

  /** Path of the socket of an interface. */
  public static Path pathOf(String interfaceName) {
    return DIRECTORY.resolve(interfaceName + ".sock");
  }

  /**
   * Listens at {@link #pathOf}; replaces a socket file that no process serves.
   *
   * @throws SystemCallException with EADDRINUSE if another process serves it
   */
  public static UapiSocket open(String interfaceName) throws IOException {
    var path = pathOf(interfaceName);
    try {
      Files.createDirectories(
          DIRECTORY,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      return new UapiSocket(bind(path, interfaceName), path);
    } catch (FileSystemException e) {
      throw explained(e);
    }
  }

  /**
   * Binds beside the path and moves the file there when it listens: {@code wg} removes a socket
   * file that refuses its connection, as one does between bind and listen.
   */
  private static UnixListener bind(Path path, String interfaceName) throws IOException {
    // Not ".sock" at its end, by which 'wg show' finds interfaces.
    var beside = path.resolveSibling("%s.%d".formatted(path.getFileName(), System.nanoTime()));
    try (var opened = new CloseOnFailure()) {
      var listener = opened.add(listenBeside(path, beside));
      try {
        moveInto(path, beside, interfaceName);
      } finally {
        Files.deleteIfExists(beside);
      }
      return opened.keep(listener);
    }
  }

  /** Errors name the path that the socket will have. */
  private static UnixListener listenBeside(Path path, Path beside) throws SystemCallException {
    try {
      return UnixListener.bind(beside);
    } catch (SystemCallException e) {
      throw e.errno() == Errno.EACCES
          ? new SystemCallException("bind " + path, Errno.EACCES, RIGHT_NEEDED)
          : new SystemCallException("bind " + path, e.errno());
    }
  }

  /** By links, which replace nothing: two processes at once cannot take one path. */
  private static void moveInto(Path path, Path listening, String interfaceName) throws IOException {
    try {
      Files.createLink(path, listening);
    } catch (FileAlreadyExistsException taken) {
      if (UnixListener.isServed(path)) {
        throw new SystemCallException(
            "bind " + path, Errno.EADDRINUSE, "Another process serves " + interfaceName);
      }
      Files.deleteIfExists(path);
      Files.createLink(path, listening);
    }
  }

  /**
   * Adds an error and advice: for these classes of exceptions the JDK's message is the path alone.
   */
  private static IOException explained(FileSystemException e) {
    var file = String.valueOf(e.getFile());
    return switch (e) {
      case AccessDeniedException denied ->
          new SystemCallException(file, Errno.EACCES, RIGHT_NEEDED);
      case FileAlreadyExistsException taken ->
          new SystemCallException(file, Errno.EEXIST, "It is a file where a folder must be");
      case DirectoryNotEmptyException full ->
          new SystemCallException(file, Errno.ENOTEMPTY, "It is a folder where a socket must be");
      case NoSuchFileException gone -> new SystemCallException(file, Errno.ENOENT);
      default -> e;
    };
  }

  /** Adopts a listening socket that another process bound to {@link #pathOf}. */
  public static UapiSocket adopt(int fd, String interfaceName) throws SystemCallException {
    var socket = new UapiSocket(UnixListener.adopt(fd), pathOf(interfaceName));
    if (socket.fileKey == null) {
      socket.listener.close();
      throw new SystemCallException(
          "take over descriptor " + fd,
          Errno.ENOENT,
          "The socket must be bound to " + socket.path + ", where 'wg' looks for it");
    }
    return socket;
  }

  UnixListener listener() {
    return listener;
  }

  public Path path() {
    return path;
  }

  /** False once the file is gone or is another one. */
  boolean isInPlace() {
    return fileKey != null && Objects.equals(fileKey, fileKey(path));
  }

  private static @Nullable Object fileKey(Path path) {
    try {
      return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
    } catch (NoSuchFileException e) {
      return null;
    } catch (IOException e) {
      return null;
    }
  }

  @Override
  public void close() throws IOException {
    if (isInPlace()) {
      Files.deleteIfExists(path);
    }
    listener.close();
  }
}
