package org.kcbridge.batch;

import jakarta.persistence.EntityManager;
import jakarta.persistence.LockModeType;
import java.util.List;
import org.keycloak.connections.jpa.JpaConnectionProvider;
import org.keycloak.models.KeycloakSession;
import org.keycloak.models.RealmModel;
import org.keycloak.models.UserModel;
import org.keycloak.models.cache.UserCache;
import org.keycloak.models.jpa.entities.UserAttributeEntity;
import org.keycloak.models.jpa.entities.UserEntity;
import org.keycloak.models.utils.KeycloakModelUtils;
import org.keycloak.storage.UserStorageUtil;

/**
 * The number of the newest run that has written here. It is kept as an attribute of the service account that calls:
 * durable, one row to lock, and raising it throws nothing but that account out of the caches, which a realm attribute
 * would do with the whole realm. See docs/adr/0024.
 *
 * <p>Each chunk holds a shared lock on the row until its transaction ends, raising takes an exclusive one. So a newer
 * run waits for the chunk an older one is writing, and from then on the older one writes nothing.
 */
final class Fence {

    static final String ATTRIBUTE = "kcbFence";

    private final String account;
    private final long number;

    /** @param account id of the calling service account */
    Fence(String account, long number) {
        this.account = account;
        this.number = number;
    }

    /** Makes this number the highest, in a transaction of its own. Throws {@link StaleFence} when it is not. */
    void raise(KeycloakSession request) {
        Contention.outlast(() -> raiseOnce(request));
    }

    private Void raiseOnce(KeycloakSession request) {
        KeycloakModelUtils.runJobInTransaction(request.getKeycloakSessionFactory(), request.getContext(), session -> {
            EntityManager em = session.getProvider(JpaConnectionProvider.class).getEntityManager();
            if (refuseOlder(read(em, LockModeType.NONE)) < number) {
                em.clear();
                raise(em);
                forget(session);
            }
        });
        return null;
    }

    /** Keeps newer runs out until the transaction ends. Throws {@link StaleFence} when one has come. */
    void hold(EntityManager em) {
        refuseOlder(read(em, LockModeType.PESSIMISTIC_READ));
    }

    private void raise(EntityManager em) {
        // The account's row, since the attribute's may not exist yet; whoever holds it reads what is committed.
        UserEntity user = em.find(UserEntity.class, account, LockModeType.PESSIMISTIC_WRITE);
        List<UserAttributeEntity> rows = read(em, LockModeType.NONE);
        if (refuseOlder(rows) == number) {
            return;
        }
        UserAttributeEntity row = rows.isEmpty() ? new UserAttributeEntity() : rows.get(0);
        row.setValue(Long.toString(number));
        if (rows.isEmpty()) {
            row.setId(KeycloakModelUtils.generateId());
            row.setName(ATTRIBUTE);
            row.setUser(user);
            em.persist(row);
        }
        em.flush();
    }

    private List<UserAttributeEntity> read(EntityManager em, LockModeType lock) {
        return em.createQuery("select a from UserAttributeEntity a where a.user.id = :user and a.name = :name",
                        UserAttributeEntity.class)
                .setParameter("user", account).setParameter("name", ATTRIBUTE).setLockMode(lock).getResultList();
    }

    /** @return the highest number so far */
    private long refuseOlder(List<UserAttributeEntity> rows) {
        long highest = rows.stream().mapToLong(row -> Long.parseLong(row.getValue())).max().orElse(Long.MIN_VALUE);
        if (highest > number) {
            throw new StaleFence(highest);
        }
        return highest;
    }

    /** What the console shows of the account, and might write back, must not be older. */
    private void forget(KeycloakSession session) {
        UserCache cache = UserStorageUtil.userCache(session);
        RealmModel realm = session.getContext().getRealm();
        UserModel user = cache == null ? null : cache.getUserById(realm, account);
        if (user != null) {
            cache.evict(realm, user);
        }
    }
}
