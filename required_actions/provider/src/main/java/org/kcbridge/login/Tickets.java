package org.kcbridge.login;

import java.util.Map;
import java.util.Optional;
import org.keycloak.common.util.Time;
import org.keycloak.models.ClientModel;
import org.keycloak.models.KeycloakSession;
import org.keycloak.models.RealmModel;
import org.keycloak.models.SingleUseObjectProvider;
import org.keycloak.sessions.AuthenticationSessionModel;
import org.keycloak.sessions.RootAuthenticationSessionModel;

/**
 * From the ticket, the only name the bridge has for a login, to the authentication session. The mapping is a
 * single-use object (in memory, shared by the cluster, expiring by itself); everything else lives in the
 * authentication session, so a ticket can never outlive its login.
 */
public final class Tickets {

    /** What a ticket leads to: no record at all, a record whose login has ended, or a living login. */
    public record Found(boolean known, Optional<Login> login) {
    }

    private final KeycloakSession session;
    private final RealmModel realm;
    private final SingleUseObjectProvider store;

    public Tickets(KeycloakSession session, RealmModel realm) {
        this.session = session;
        this.realm = realm;
        this.store = session.singleUseObjects();
    }

    /**
     * The ticket of this login; the first call creates it.
     *
     * @param ttl seconds the ticket lives without a touch
     * @return empty when this login has lasted longer than {@link Setup#LONGEST_LOGIN}
     */
    public Optional<String> of(Login login, int ttl) {
        if (login.ticket() == null) {
            login.begin(Secrets.create(), Time.currentTime());
        }
        if (login.passwordMark() == null) {
            login.passwordMark(PasswordMark.of(login.session().getAuthenticatedUser()));
        }
        int left = Math.min(ttl, secondsLeft(login));
        if (left <= 0) {
            return Optional.empty();
        }
        remember(login, left);
        return Optional.of(login.ticket());
    }

    /** Whose login this is, without loading it: what is loaded before {@link UserLock} is held may be outdated. */
    public Optional<String> userOf(String ticket) {
        return Optional.ofNullable(store.get(key(ticket))).map(place -> place.get("user"));
    }

    public Found find(String ticket) {
        Map<String, String> place = store.get(key(ticket));
        if (place == null) {
            return new Found(false, Optional.empty());
        }
        RootAuthenticationSessionModel root =
                session.authenticationSessions().getRootAuthenticationSession(realm, place.get("root"));
        ClientModel client = realm.getClientById(place.get("client"));
        if (root == null || client == null) {
            return new Found(true, Optional.empty());
        }
        AuthenticationSessionModel authSession = root.getAuthenticationSession(client, place.get("tab"));
        boolean living = authSession != null && authSession.getAuthenticatedUser() != null
                && ticket.equals(new Login(authSession).ticket());
        return new Found(true, living ? Optional.of(new Login(authSession)) : Optional.empty());
    }

    /**
     * Activity in the wizard counts as activity of the login.
     *
     * @return seconds until both end if nothing else happens; 0 when the login may not last longer
     */
    public int touch(Login login) {
        int left = Math.min(secondsLeft(login), realm.getAccessCodeLifespanUserAction());
        if (secondsLeft(login) <= 0) {
            return 0;
        }
        login.session().getParentSession().setTimestamp(Time.currentTime());
        remember(login, secondsLeft(login));
        return left;
    }

    public void forget(Login login) {
        store.remove(key(login.ticket()));
    }

    private void remember(Login login, int seconds) {
        AuthenticationSessionModel authSession = login.session();
        store.put(key(login.ticket()), seconds, Map.of(
                "root", authSession.getParentSession().getId(),
                "tab", authSession.getTabId(),
                "client", authSession.getClient().getId(),
                "user", authSession.getAuthenticatedUser().getId()));
    }

    private int secondsLeft(Login login) {
        return login.begun() + Setup.LONGEST_LOGIN - Time.currentTime();
    }

    private String key(String ticket) {
        return "kcb.ticket." + realm.getId() + "." + Secrets.digest(ticket);
    }
}
