package org.kcbridge.batch;

import jakarta.persistence.EntityManager;
import java.sql.Statement;
import org.hibernate.Session;
import org.hibernate.dialect.Dialect;
import org.hibernate.dialect.PostgreSQLDialect;
import org.hibernate.engine.spi.SessionFactoryImplementor;

/**
 * How PostgreSQL looks for a chunk's users. It plans a statement that comes again once for all, after ten times: in a
 * first load while the tables are small, and keeps reading them from end to end when they are not, comparing every row
 * with a hundred values one by one (with values it knows while planning, by a hash). Planning costs a third of a
 * millisecond a statement.
 *
 * <p>What is written is left alone: there, planning anew would also be done for every foreign key of every row.
 */
final class Plans {

    private Plans() {
    }

    /** Until these are done, each statement is planned for its values and for the size its tables have now. */
    static void madeAnew(EntityManager em, Runnable lookUps) {
        Session session = em.unwrap(Session.class);
        Dialect dialect = session.getSessionFactory().unwrap(SessionFactoryImplementor.class).getJdbcServices().getDialect();
        if (!(dialect instanceof PostgreSQLDialect)) {
            lookUps.run();
            return;
        }
        set(session, "force_custom_plan");
        lookUps.run();
        set(session, "default"); // after a failure, the end of the transaction does that
    }

    private static void set(Session session, String mode) {
        session.doWork(connection -> {
            try (Statement statement = connection.createStatement()) {
                statement.execute("set local plan_cache_mode = " + mode);
            }
        });
    }
}
