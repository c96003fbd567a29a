package org.kcbridge.batch;

import java.util.ArrayList;
import java.util.List;
import org.keycloak.common.util.Time;
import org.keycloak.events.Details;
import org.keycloak.models.KeycloakSession;
import org.keycloak.models.RealmModel;
import org.keycloak.models.UserModel;
import org.keycloak.models.UserProvider;
import org.keycloak.models.UserSessionModel;
import org.keycloak.services.managers.AuthenticationManager;
import org.keycloak.services.managers.UserSessionManager;

/**
 * Ends what a closed account has open: sessions online and offline, and with the date every token of before. Removing
 * the sessions matters although a disabled user cannot use them: they would be alive again with the account.
 */
final class Closing {

    private final KeycloakSession session;
    private final RealmModel realm;
    private final List<LogoutCall> calls = new ArrayList<>();

    Closing(KeycloakSession session) {
        this.session = session;
        this.realm = session.getContext().getRealm();
    }

    /** @return what applications are to be told once all this is committed */
    List<LogoutCall> calls() {
        return calls;
    }

    /** @return whether there were any */
    boolean endSessions(UserModel user) {
        List<UserSessionModel> online = session.sessions().getUserSessionsStream(realm, user).toList();
        List<UserSessionModel> offline = session.sessions().getOfflineUserSessionsStream(realm, user).toList();
        online.forEach(one -> end(user, one));
        offline.forEach(one -> end(user, one));
        return !online.isEmpty() || !offline.isEmpty();
    }

    void refuseTokens(UserModel user, UserProvider users) {
        users.setNotBeforeForUser(realm, user, Time.currentTime());
    }

    private void end(UserModel user, UserSessionModel one) {
        if (!isForLogoutCalls(one)) {
            // SAML applications, adapters and other identity providers: Keycloak tells them itself, at once.
            AuthenticationManager.backchannelLogout(session, one, true);
            return;
        }
        one.getAuthenticatedClientSessions().values()
                .forEach(opened -> LogoutCall.of(session, user, opened).ifPresent(calls::add));
        if (one.isOffline()) {
            new UserSessionManager(session).revokeOfflineUserSession(one);
        } else {
            session.sessions().removeUserSession(realm, one);
        }
    }

    private boolean isForLogoutCalls(UserSessionModel one) {
        return one.getNote(Details.IDENTITY_PROVIDER) == null
                && one.getAuthenticatedClientSessions().values().stream()
                        .allMatch(opened -> LogoutCall.isAll(session, opened));
    }
}
