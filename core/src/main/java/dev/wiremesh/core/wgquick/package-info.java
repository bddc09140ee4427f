/**
 * wg-quick configuration files as values and as text. Pure: the text holds keys, so callers decide
 * where it is written.
 */
@NullMarked
package dev.wiremesh.core.wgquick;

import org.jspecify.annotations.NullMarked;
