package org.kcbridge.listing;

/**
 * One user as the database has it.
 *
 * @param email null for none, as are the names
 * @param federated whether a user federation answers for this user
 * @param hasPassword whether Keycloak itself keeps a password; only known where it was asked for
 * @param values of the attributes that were asked for, in the places of their {@link Names}; null for none
 */
record Listed(String id, String username, String email, String firstName, String lastName, boolean enabled,
        boolean federated, boolean hasPassword, String[][] values) {
}
