@NullMarked
package dev.wiremesh.cli.kube;

import org.jspecify.annotations.NullMarked;
