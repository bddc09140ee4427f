@NullMarked
package dev.wiremesh.lab;

import org.jspecify.annotations.NullMarked;
