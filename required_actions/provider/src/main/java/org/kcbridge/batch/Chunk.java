package org.kcbridge.batch;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.kcbridge.login.Ownership;
import org.keycloak.authentication.RequiredActionProvider;
import org.keycloak.models.KeycloakSession;
import org.keycloak.models.RealmModel;
import org.keycloak.models.UserManager;
import org.keycloak.models.UserModel;
import org.keycloak.provider.ProviderFactory;

/** Rows written in one transaction. A row that is refused leaves the others alone. */
final class Chunk {

    private final KeycloakSession session;
    private final RealmModel realm;
    private final Accounts accounts;
    private final Profile profile;
    private final Closing closing;
    private final Trail trail;

    /** Every required action the server has. */
    private final Set<String> actions;

    Chunk(KeycloakSession session, Accounts accounts, Trail trail) {
        this.session = session;
        this.realm = session.getContext().getRealm();
        this.accounts = accounts;
        this.profile = new Profile(accounts);
        this.closing = new Closing(session);
        this.trail = trail;
        this.actions = session.getKeycloakSessionFactory().getProviderFactoriesStream(RequiredActionProvider.class)
                .map(ProviderFactory::getId).collect(Collectors.toSet());
    }

    /** @return one outcome a row, in their order */
    List<Outcome> apply(List<Write> writes) {
        accounts.open(writes);
        List<Outcome> outcomes = new ArrayList<>(writes.size());
        writes.forEach(write -> outcomes.add(apply(write)));
        return outcomes;
    }

    List<LogoutCall> logoutCalls() {
        return closing.calls();
    }

    private Outcome apply(Write write) {
        String id = write.id();
        try {
            refuseUnstorable(write);
            UserModel user = accounts.find(write);
            if (user == null) {
                return write.kind() == Write.Kind.CREATE ? create(write)
                        : new Outcome(Outcome.Status.ABSENT, id, "");
            }
            id = user.getId();
            refuseStrangers(write, user);
            return switch (write.kind()) {
                case CREATE -> update(write, user, write.enabled());
                case UPDATE -> update(write, user, false);
                case ENABLE -> update(write, user, true);
                case DISABLE -> disable(write, user);
                case DELETE -> delete(user);
            };
        } catch (RowRefused refused) {
            return refused.outcome(id);
        }
    }

    private static void refuseUnstorable(Write write) {
        boolean storable = write.content() == null || write.content().isStorable();
        if (!storable || !Content.areStorable(write.firstAttributes())) {
            throw new RowRefused(Outcome.Status.INVALID, "NUL character");
        }
    }

    private void refuseStrangers(Write write, UserModel user) {
        String key = user.getFirstAttribute(Ownership.KEY_ATTRIBUTE);
        if (!write.key().equals(key)) {
            throw new RowRefused(Outcome.Status.NOT_OWNED, key == null ? "no mark of ours" : "the mark of somebody else");
        }
        if (!accounts.isServed(user)) {
            throw new RowRefused(Outcome.Status.NOT_OWNED, "service account or administrator");
        }
    }

    private Outcome create(Write write) {
        List<String> unknown = write.requiredActions().stream().filter(action -> !actions.contains(action)).toList();
        if (!unknown.isEmpty()) {
            throw new RowRefused(Outcome.Status.INVALID, "requiredActions " + String.join(", ", unknown));
        }
        UserModel user = profile.create(write);
        user.setEnabled(write.enabled());
        write.requiredActions().forEach(user::addRequiredAction);
        trail.created(user, write);
        return Outcome.of(Outcome.Status.CREATED, user);
    }

    private Outcome update(Write write, UserModel user, boolean enable) {
        boolean opens = enable && !user.isEnabled();
        boolean changes = !write.content().isOn(user);
        if (changes) {
            profile.update(user, write.content());
        }
        changes |= forget(write, user);
        if (opens) {
            accounts.changing(user);
            user.setEnabled(true);
            session.loginFailures().removeUserLoginFailure(realm, user.getId());
        }
        if (opens || changes) {
            trail.updated(user, write);
        }
        return Outcome.of(opens ? Outcome.Status.ENABLED
                : changes ? Outcome.Status.UPDATED : Outcome.Status.UNCHANGED, user);
    }

    /** Closes in any case: what is wrong with the content must not keep an account open. */
    private Outcome disable(Write write, UserModel user) {
        boolean closes = user.isEnabled();
        boolean changes = write.content() != null && !write.content().isOn(user);
        String reason = "";
        if (changes) {
            try {
                profile.update(user, write.content());
            } catch (RowRefused invalid) {
                reason = "content not written: " + invalid.getMessage();
                changes = false;
            }
        }
        changes |= forget(write, user);
        if (closes) {
            accounts.changing(user);
            user.setEnabled(false);
        }
        // Somebody may have disabled the user by hand, which ends nothing.
        boolean ended = closing.endSessions(user);
        if (closes || ended) {
            accounts.changing(user);
            closing.refuseTokens(user, session.users());
        }
        if (closes || changes) {
            trail.updated(user, write);
        }
        if (ended) {
            trail.loggedOut(user);
        }
        return new Outcome(closes || ended ? Outcome.Status.DISABLED
                : changes ? Outcome.Status.UPDATED : Outcome.Status.UNCHANGED, user.getId(), reason);
    }

    private boolean forget(Write write, UserModel user) {
        if (!write.forget()) {
            return false;
        }
        accounts.changing(user);
        List<String> steps = write.requiredActions().stream().filter(actions::contains).toList();
        return new Forgetting(realm).forget(user, steps);
    }

    private Outcome delete(UserModel user) {
        if (user.isEnabled()) {
            throw new RowRefused(Outcome.Status.INVALID, "enabled");
        }
        String id = user.getId();
        String username = user.getUsername();
        if (!new UserManager(session).removeUser(realm, accounts.asKeycloakKnows(user))) {
            throw new HalfWritten("the federation would not delete the user");
        }
        trail.deleted(id, username);
        return new Outcome(Outcome.Status.DELETED, id, "");
    }
}
