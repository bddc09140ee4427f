/**
 * The routes of peers: permissions, forbidden ranges, claims of older peers, and the admission of
 * all networks in one pass. Pure functions of views and members.
 */
@NullMarked
package dev.wiremesh.core.route;

import org.jspecify.annotations.NullMarked;
