@NullMarked
package dev.wiremesh.cli.conf;

import org.jspecify.annotations.NullMarked;
