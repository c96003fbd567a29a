package org.kcbridge.listing;

import java.util.List;
import java.util.Map;

/**
 * One user as the database has it.
 *
 * @param email null for none, as are the names
 * @param federated whether a user federation answers for this user
 * @param hasPassword whether Keycloak itself keeps a password; only known where it was asked for
 * @param attributes those that were asked for and have a value
 */
record Listed(String id, String username, String email, String firstName, String lastName, boolean enabled,
        boolean federated, boolean hasPassword, Map<String, List<String>> attributes) {

    String first(String name) {
        List<String> values = attributes.get(name);
        return values == null ? null : values.get(0);
    }
}
