package org.kcbridge.batch;

import jakarta.persistence.EntityManager;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.kcbridge.login.Ownership;

/**
 * Finds users by the bridge's mark, by the exact value, for which Keycloak's table has an index.
 *
 * <p>The table of attributes is asked alone. Joined with the users, PostgreSQL without statistics (the first minute of a
 * first load) takes the realm for one user, goes through all users instead and reads all marks for each of them.
 */
final class Keys {

    private Keys() {
    }

    /** @return key to the ids of those who bear it, in whatever realm: the caller keeps those of its own */
    static Map<String, List<String>> ids(EntityManager em, Collection<String> keys) {
        Map<String, List<String>> found = new HashMap<>();
        em.createQuery("select a.value, a.user.id from UserAttributeEntity a where a.name = :name and a.value in :keys",
                        Object[].class)
                .setParameter("name", Ownership.KEY_ATTRIBUTE).setParameter("keys", keys)
                .getResultList()
                .forEach(row -> found.computeIfAbsent((String) row[0], key -> new ArrayList<>()).add((String) row[1]));
        return found;
    }

    /** One key is one person: where two users bear it, somebody has copied it, and neither is touched. */
    static String only(List<String> ids) {
        if (ids.size() > 1) {
            throw new RowRefused(Outcome.Status.CONFLICT, "users " + String.join(" and ", ids) + " bear the same key");
        }
        return ids.get(0);
    }
}
