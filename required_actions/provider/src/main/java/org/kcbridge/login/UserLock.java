package org.kcbridge.login;

import jakarta.persistence.LockModeType;
import java.util.function.Supplier;
import org.keycloak.connections.jpa.JpaConnectionProvider;
import org.keycloak.models.AbstractKeycloakTransaction;
import org.keycloak.models.KeycloakSession;
import org.keycloak.models.RealmModel;
import org.keycloak.models.SingleUseObjectProvider;
import org.keycloak.models.jpa.entities.UserEntity;

/**
 * One back-channel write per user at a time, in the whole cluster. Without it two tickets of one person, completed in
 * the same millisecond, would both find the steps pending and both set a password.
 */
public final class UserLock {

    private static final long WAIT_MILLIS = 6_000;
    private static final long PAUSE_MILLIS = 25;

    /** Seconds after which the lock of a crashed node opens. */
    private static final long LIFETIME = 30;

    private UserLock() {
    }

    /**
     * Waits for the lock, works, and keeps it until the transaction has ended, so that whoever comes next reads what
     * was committed.
     *
     * @param busy what to throw when others keep it too long
     */
    public static <T> T holding(KeycloakSession session, RealmModel realm, String userId, Supplier<T> work,
            Supplier<? extends RuntimeException> busy) {
        SingleUseObjectProvider store = session.singleUseObjects();
        String key = "kcb.lock." + realm.getId() + "." + userId;
        long deadline = System.nanoTime() + WAIT_MILLIS * 1_000_000;
        while (!store.putIfAbsent(key, LIFETIME)) {
            if (System.nanoTime() > deadline) {
                throw busy.get();
            }
            pause();
        }
        try {
            lockRow(session, userId);
            return work.get();
        } finally {
            // Enlisted last: after the caches and stores that the work has written to, hence released after them.
            session.getTransactionManager().enlistAfterCompletion(release(store, key));
        }
    }

    /**
     * Keeps {@code users/batch} off, which locks the rows of all its users by one query instead of waiting for a lock
     * each. Nobody from a federation that imports nothing has a row; such a user has no writer but Keycloak.
     */
    private static void lockRow(KeycloakSession session, String userId) {
        session.getProvider(JpaConnectionProvider.class).getEntityManager()
                .find(UserEntity.class, userId, LockModeType.PESSIMISTIC_WRITE);
    }

    private static AbstractKeycloakTransaction release(SingleUseObjectProvider store, String key) {
        return new AbstractKeycloakTransaction() {
            @Override
            protected void commitImpl() {
                store.remove(key);
            }

            @Override
            protected void rollbackImpl() {
                store.remove(key);
            }
        };
    }

    private static void pause() {
        try {
            Thread.sleep(PAUSE_MILLIS);
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
        }
    }
}
