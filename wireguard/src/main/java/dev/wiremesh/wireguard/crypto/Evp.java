package dev.wiremesh.wireguard.crypto;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The EVP functions of OpenSSL's libcrypto (3.0 or later) that an AEAD needs. Loading this class
 * needs the library: check {@link #isAvailable} first. Pointers are plain longs.
 */
final class Evp {
  static final int CTRL_GET_TAG = 0x10;
  static final int CTRL_SET_TAG = 0x11;

  private static final SymbolLookup LIBRARY = Library.find().orElseThrow();

  private static final MethodHandle CIPHER_FETCH = bind("EVP_CIPHER_fetch", 3);
  private static final MethodHandle CONTEXT_NEW = bind("EVP_CIPHER_CTX_new", 0);
  private static final MethodHandle CONTEXT_FREE = bind("EVP_CIPHER_CTX_free", 1);
  private static final MethodHandle CONTROL = bind("EVP_CIPHER_CTX_ctrl", 4);
  private static final MethodHandle ENCRYPT_INIT = bind("EVP_EncryptInit_ex2", 5);
  private static final MethodHandle DECRYPT_INIT = bind("EVP_DecryptInit_ex2", 5);
  private static final MethodHandle ENCRYPT_UPDATE = bind("EVP_EncryptUpdate", 5);
  private static final MethodHandle DECRYPT_UPDATE = bind("EVP_DecryptUpdate", 5);
  private static final MethodHandle ENCRYPT_FINAL = bind("EVP_EncryptFinal_ex", 3);
  private static final MethodHandle DECRYPT_FINAL = bind("EVP_DecryptFinal_ex", 3);

  /** ChaCha20-Poly1305 as the library's configuration provides it; 0 if it does not. */
  static final long CHACHA20_POLY1305 = fetch("ChaCha20-Poly1305");

  private Evp() {}

  /** The library, looked up once. */
  private static final class Library {
    private static final String NAME = "libcrypto.so.3";
    private static final Optional<SymbolLookup> FOUND = load();

    static Optional<SymbolLookup> find() {
      return FOUND;
    }

    private static Optional<SymbolLookup> load() {
      try {
        // Never unloaded: its contexts may outlive any arena.
        return Optional.of(SymbolLookup.libraryLookup(NAME, Arena.global()));
      } catch (IllegalArgumentException e) {
        return Optional.empty();
      }
    }
  }

  /** True if there is a libcrypto with all these functions. */
  static boolean isAvailable() {
    return Library.find()
        .filter(library ->
            Stream.of(
                    "EVP_CIPHER_fetch",
                    "EVP_CIPHER_CTX_new",
                    "EVP_CIPHER_CTX_free",
                    "EVP_CIPHER_CTX_ctrl",
                    "EVP_EncryptInit_ex2",
                    "EVP_DecryptInit_ex2",
                    "EVP_EncryptUpdate",
                    "EVP_DecryptUpdate",
                    "EVP_EncryptFinal_ex",
                    "EVP_DecryptFinal_ex")
                .allMatch(name -> library.find(name).isPresent()))
        .isPresent();
  }

  /** Binds a function of ints and pointers, all as longs: fewer shapes make a faster start. */
  private static MethodHandle bind(String name, int arguments) {
    var types = new MemoryLayout[arguments];
    Arrays.fill(types, ValueLayout.JAVA_LONG);
    return Linker.nativeLinker()
        .downcallHandle(
            LIBRARY.findOrThrow(name), FunctionDescriptor.of(ValueLayout.JAVA_LONG, types));
  }

  private static long fetch(String algorithm) {
    try (var arena = Arena.ofConfined()) {
      MemorySegment name = arena.allocateFrom(algorithm);
      return (long) CIPHER_FETCH.invokeExact(0L, name.address(), 0L);
    } catch (Throwable e) {
      throw bug(e);
    }
  }

  /** An empty context; the first {@code init} gives it cipher and key. */
  static long newContext() {
    try {
      long context = (long) CONTEXT_NEW.invokeExact();
      if (context == 0) {
        throw new OutOfMemoryError("EVP_CIPHER_CTX_new");
      }
      return context;
    } catch (OutOfMemoryError e) {
      throw e;
    } catch (Throwable e) {
      throw bug(e);
    }
  }

  /** Wipes and frees. */
  static void free(long context) {
    try {
      var _ = (long) CONTEXT_FREE.invokeExact(context);
    } catch (Throwable e) {
      throw bug(e);
    }
  }

  /** 1 on success; a {@code cipher} or {@code key} of 0 keeps that of the call before. */
  static int encryptInit(long context, long cipher, long key, long nonce) {
    try {
      return (int) (long) ENCRYPT_INIT.invokeExact(context, cipher, key, nonce, 0L);
    } catch (Throwable e) {
      throw bug(e);
    }
  }

  /** Like {@link #encryptInit}. */
  static int decryptInit(long context, long cipher, long key, long nonce) {
    try {
      return (int) (long) DECRYPT_INIT.invokeExact(context, cipher, key, nonce, 0L);
    } catch (Throwable e) {
      throw bug(e);
    }
  }

  /**
   * Takes input, or associated data if there is no {@code out}.
   *
   * @param out address, or 0
   * @param written address of an int
   */
  static int encryptUpdate(long context, long out, long written, long in, int length) {
    try {
      return (int) (long) ENCRYPT_UPDATE.invokeExact(context, out, written, in, (long) length);
    } catch (Throwable e) {
      throw bug(e);
    }
  }

  /** Like {@link #encryptUpdate}. */
  static int decryptUpdate(long context, long out, long written, long in, int length) {
    try {
      return (int) (long) DECRYPT_UPDATE.invokeExact(context, out, written, in, (long) length);
    } catch (Throwable e) {
      throw bug(e);
    }
  }

  static int encryptFinal(long context, long out, long written) {
    try {
      return (int) (long) ENCRYPT_FINAL.invokeExact(context, out, written);
    } catch (Throwable e) {
      throw bug(e);
    }
  }

  /** 1 if the tag is authentic. */
  static int decryptFinal(long context, long out, long written) {
    try {
      return (int) (long) DECRYPT_FINAL.invokeExact(context, out, written);
    } catch (Throwable e) {
      throw bug(e);
    }
  }

  static int control(long context, int command, int length, long pointer) {
    try {
      return (int) (long) CONTROL.invokeExact(context, (long) command, (long) length, pointer);
    } catch (Throwable e) {
      throw bug(e);
    }
  }

  private static AssertionError bug(Throwable thrown) {
    return new AssertionError("a function of libcrypto was bound wrongly", thrown);
  }
}
