package org.kcbridge.batch;

import java.util.List;
import java.util.Map;

/**
 * One row of a batch: what shall be done to which user. A map of attributes names only what the sync owns; a name
 * without values is removed, a name that is missing stays as it is.
 *
 * @param id Keycloak's id where the bridge knows it, else null
 * @param key the bridge's mark of this person; whoever bears another one is not touched
 * @param content null only where a user may be closed or deleted without saying more
 * @param firstAttributes set at creation, the person's own afterwards
 * @param requiredActions set at creation, and with {@code forget}
 * @param enabled whether a user that is created may log in
 * @param forget whether a user there is shall be as at its creation: without credentials, and with its steps to do
 */
public record Write(Kind kind, String id, String key, Content content, Map<String, List<String>> firstAttributes,
        List<String> requiredActions, boolean enabled, boolean forget) {

    /** What shall be done. */
    public enum Kind { CREATE, UPDATE, ENABLE, DISABLE, DELETE }
}
