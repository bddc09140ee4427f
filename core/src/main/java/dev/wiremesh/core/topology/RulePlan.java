package dev.wiremesh.core.topology;

/**
 * A policy routing rule that looks up a table, for every packet that is not the tunnel's own.
 *
 * @param priority lower ones are asked first
 * @param table number of a {@link RouteTablePlan}
 */
public record RulePlan(int priority, int table) {}
