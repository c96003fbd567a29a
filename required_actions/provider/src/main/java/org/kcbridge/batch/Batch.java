package org.kcbridge.batch;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.hibernate.Session;
import org.jboss.logging.Logger;
import org.keycloak.connections.jpa.JpaConnectionProvider;
import org.keycloak.connections.jpa.support.EntityManagers;
import org.keycloak.models.KeycloakSession;
import org.keycloak.models.ModelDuplicateException;
import org.keycloak.models.RealmModel;
import org.keycloak.models.utils.KeycloakModelUtils;
import org.keycloak.services.resources.admin.AdminEventBuilder;
import org.keycloak.storage.ReadOnlyException;
import org.keycloak.storage.UserStorageProvider;

/**
 * Writes many users in transactions of a few: a persistence context that grows makes each further user dearer. A chunk
 * that fails is written again row by row, so one bad row spoils none of its neighbours.
 */
public final class Batch {

    private static final Logger LOG = Logger.getLogger(Batch.class);

    private static final int CHUNK = 100;

    /** Rows of one table sent to the database at a time. */
    private static final int STATEMENTS = 256;

    /** After so many rows in a row failed for reasons of the server's, the others are not tried. */
    private static final int PATIENCE = 3;

    private final KeycloakSession request;
    private final Fence fence;
    private final Function<KeycloakSession, AdminEventBuilder> event;
    private int failures;

    /**
     * @param account id of the calling service account
     * @param event begins an admin event by the caller, bound to a session
     */
    public Batch(KeycloakSession request, String account, long fence,
            Function<KeycloakSession, AdminEventBuilder> event) {
        this.request = request;
        this.fence = new Fence(account, fence);
        this.event = event;
    }

    /**
     * @return one outcome a row, in their order
     * @throws StaleFence when a newer run has begun; what was committed before stays
     */
    public List<Outcome> apply(List<Write> writes) {
        fence.raise(request);
        List<Outcome> outcomes = new ArrayList<>(writes.size());
        for (int from = 0; from < writes.size(); from += CHUNK) {
            outcomes.addAll(chunk(writes.subList(from, Math.min(from + CHUNK, writes.size()))));
        }
        return outcomes;
    }

    private List<Outcome> chunk(List<Write> writes) {
        try {
            return Contention.outlast(() -> commit(writes));
        } catch (StaleFence stale) {
            throw stale;
        } catch (RuntimeException failure) {
            LOG.debugf(failure, "A chunk is written again row by row");
            return writes.stream().map(this::alone).toList();
        }
    }

    private Outcome alone(Write write) {
        if (failures >= PATIENCE) {
            return new Outcome(Outcome.Status.FAILED, write.id(), "not tried, others failed before");
        }
        try {
            Outcome outcome = Contention.outlast(() -> commitAfterRace(write));
            failures = 0;
            return outcome;
        } catch (StaleFence stale) {
            throw stale;
        } catch (HalfWritten refused) {
            return new Outcome(Outcome.Status.INVALID, write.id(), refused.getMessage());
        } catch (ReadOnlyException federated) {
            return new Outcome(Outcome.Status.INVALID, write.id(), "read-only in the user federation");
        } catch (ModelDuplicateException taken) {
            return new Outcome(Outcome.Status.FAILED, write.id(), "username or email taken at the same moment");
        } catch (RuntimeException failure) {
            failures++;
            LOG.warnf(failure, "A user could not be written");
            return new Outcome(Outcome.Status.FAILED, write.id(), failure.getClass().getSimpleName());
        }
    }

    /** A request repeated while its first attempt is still at work makes the same user twice: the second one then finds it. */
    private Outcome commitAfterRace(Write write) {
        try {
            return commit(List.of(write)).get(0);
        } catch (ModelDuplicateException raced) {
            return commit(List.of(write)).get(0);
        }
    }

    private List<Outcome> commit(List<Write> writes) {
        List<LogoutCall> calls = new ArrayList<>();
        List<Outcome> outcomes = KeycloakModelUtils.runJobInTransactionWithResult(request.getKeycloakSessionFactory(),
                request.getContext(), session -> {
                    var em = session.getProvider(JpaConnectionProvider.class).getEntityManager();
                    fence.hold(em);
                    Trail trail = new Trail(session, event);
                    if (isFederated(session.getContext().getRealm())) {
                        Chunk chunk = new Chunk(session, new FederatedAccounts(session), trail);
                        List<Outcome> written = chunk.apply(writes);
                        calls.addAll(chunk.logoutCalls());
                        return written;
                    }
                    List<Outcome> written = new ArrayList<>();
                    // Keycloak's 32 would make forty statements of a chunk's attributes.
                    em.unwrap(Session.class).setJdbcBatchSize(STATEMENTS);
                    // No flush after each user, none before each query.
                    EntityManagers.runInBatch(session, () -> {
                        Chunk chunk = new Chunk(session, new LocalAccounts(session), trail);
                        written.addAll(chunk.apply(writes));
                        calls.addAll(chunk.logoutCalls());
                    }, false);
                    em.flush();
                    em.clear(); // or the commit would look through all of it once more
                    return written;
                }, "kcb batch");
        LogoutCall.send(request, calls);
        return outcomes;
    }

    private static boolean isFederated(RealmModel realm) {
        return realm.getComponentsStream(realm.getId(), UserStorageProvider.class.getName()).findAny().isPresent();
    }
}
