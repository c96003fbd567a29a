package org.kcbridge.batch;

import java.util.Locale;
import java.util.Map;
import org.keycloak.models.UserModel;

/**
 * What became of one row.
 *
 * @param id Keycloak's id of the user, null when there is none
 * @param reason empty unless something was refused
 */
public record Outcome(Status status, String id, String reason) {

    /** {@code FAILED} is this row's alone and may be repeated; the refusals will come again. */
    public enum Status {
        CREATED, UPDATED, ENABLED, DISABLED, DELETED, UNCHANGED, ABSENT, CONFLICT, NOT_OWNED, INVALID, FAILED
    }

    static Outcome of(Status status, UserModel user) {
        return new Outcome(status, user.getId(), "");
    }

    public Map<String, Object> json() {
        return Map.of("status", status.name().toLowerCase(Locale.ROOT), "id", id == null ? "" : id, "reason", reason);
    }
}
