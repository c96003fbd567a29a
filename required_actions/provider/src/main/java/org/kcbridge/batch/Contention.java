package org.kcbridge.batch;

import jakarta.persistence.LockTimeoutException;
import jakarta.persistence.PessimisticLockException;
import java.sql.SQLException;
import java.util.Set;
import java.util.function.Supplier;

/** Transactions that lost a race for a row: nothing is wrong with them, they only have to be made again. */
final class Contention {

    private static final int TRIES = 4;

    /** Lock not to be had: PostgreSQL, and what others say; class 40 is a transaction rolled back for a deadlock. */
    private static final Set<String> LOCKED = Set.of("55P03", "HYT00");

    private Contention() {
    }

    static <T> T outlast(Supplier<T> transaction) {
        for (int left = TRIES; ; left--) {
            try {
                return transaction.get();
            } catch (RuntimeException failure) {
                if (left == 1 || !isBehind(failure)) {
                    throw failure;
                }
            }
        }
    }

    private static boolean isBehind(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof LockTimeoutException || cause instanceof PessimisticLockException
                    || cause instanceof SQLException sql && sql.getSQLState() != null
                            && (sql.getSQLState().startsWith("40") || LOCKED.contains(sql.getSQLState()))) {
                return true;
            }
        }
        return false;
    }
}
