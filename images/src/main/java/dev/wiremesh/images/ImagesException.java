package dev.wiremesh.images;

/** Why there is no image; the message says what to do. */
final class ImagesException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  ImagesException(String message) {
    super(message);
  }

  ImagesException(String message, Throwable cause) {
    super(message, cause);
  }
}
