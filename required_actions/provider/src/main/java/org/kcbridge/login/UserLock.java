package org.kcbridge.login;

import java.util.UUID;
import org.keycloak.models.AbstractKeycloakTransaction;
import org.keycloak.models.KeycloakSession;
import org.keycloak.models.RealmModel;
import org.keycloak.models.SingleUseObjectProvider;

/**
 * One back-channel write per user at a time, in the whole cluster. Without it two tickets of one person, completed in
 * the same millisecond, would both find the steps pending and both set a password.
 */
public final class UserLock {

    private static final long WAIT_MILLIS = 8_000;
    private static final long PAUSE_MILLIS = 25;

    /** Seconds after which the lock of a crashed node opens. */
    private static final long LIFETIME = 30;

    private UserLock() {
    }

    /**
     * Waits for the lock and keeps it until the transaction has ended, so that whoever comes next reads what was
     * committed.
     *
     * @return false when others kept it too long
     */
    public static boolean acquire(KeycloakSession session, RealmModel realm, String userId) {
        SingleUseObjectProvider store = session.singleUseObjects();
        String key = "kcb.lock." + realm.getId() + "." + UUID.nameUUIDFromBytes(userId.getBytes());
        long deadline = System.nanoTime() + WAIT_MILLIS * 1_000_000;
        while (!store.putIfAbsent(key, LIFETIME)) {
            if (System.nanoTime() > deadline) {
                return false;
            }
            pause();
        }
        // Enlisted after the stores of authentication sessions and single-use objects, hence released after them.
        session.authenticationSessions();
        session.getTransactionManager().enlistAfterCompletion(new AbstractKeycloakTransaction() {
            @Override
            protected void commitImpl() {
                store.remove(key);
            }

            @Override
            protected void rollbackImpl() {
                store.remove(key);
            }
        });
        return true;
    }

    private static void pause() {
        try {
            Thread.sleep(PAUSE_MILLIS);
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
        }
    }
}
