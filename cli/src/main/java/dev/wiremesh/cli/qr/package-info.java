/** {@code kubectl wiremesh qr}: QR codes for phones. */
@NullMarked
package dev.wiremesh.cli.qr;

import org.jspecify.annotations.NullMarked;
