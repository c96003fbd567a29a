package org.kcbridge.batch;

import jakarta.persistence.EntityManager;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.kcbridge.login.Ownership;
import org.keycloak.models.RealmModel;

/** Finds users by the bridge's mark, by the exact value, for which Keycloak's table has an index. */
final class Keys {

    private final EntityManager em;
    private final RealmModel realm;

    Keys(EntityManager em, RealmModel realm) {
        this.em = em;
        this.realm = realm;
    }

    /** @return key to the ids of those who bear it */
    Map<String, List<String>> ids(Collection<String> keys) {
        Map<String, List<String>> found = new HashMap<>();
        em.createQuery("select a.value, a.user.id from UserAttributeEntity a"
                        + " where a.name = :name and a.value in :keys and a.user.realmId = :realm", Object[].class)
                .setParameter("name", Ownership.KEY_ATTRIBUTE).setParameter("keys", keys)
                .setParameter("realm", realm.getId())
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
