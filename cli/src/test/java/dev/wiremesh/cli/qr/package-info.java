@NullMarked
package dev.wiremesh.cli.qr;

import org.jspecify.annotations.NullMarked;
