/**
 * Packs the programs as container images: a Java runtime made to measure, their jars, nothing else.
 */
@NullMarked
package dev.wiremesh.images;

import org.jspecify.annotations.NullMarked;
