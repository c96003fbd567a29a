package org.kcbridge.batch;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.keycloak.OAuth2Constants;
import org.keycloak.executors.ExecutorsProvider;
import org.keycloak.http.simple.SimpleHttp;
import org.keycloak.models.AuthenticatedClientSessionModel;
import org.keycloak.models.ClientModel;
import org.keycloak.models.KeycloakSession;
import org.keycloak.models.KeycloakSessionFactory;
import org.keycloak.models.UserModel;
import org.keycloak.protocol.oidc.OIDCLoginProtocol;
import org.keycloak.services.managers.ResourceAdminManager;

/**
 * A back-channel logout one application is owed (OpenID Connect Back-Channel Logout 1.0), made while the session is still
 * there and sent when its end is committed: an application that is slow, or gone, holds up no transaction and no batch.
 *
 * @param token the signed logout token
 */
record LogoutCall(String client, String url, String token) {

    private static final Logger LOG = Logger.getLogger(LogoutCall.class);

    /** In Keycloak's addresses of applications: the host of the node that holds the session. */
    private static final String NODE = "${application.session.host}";

    /** Whether all that Keycloak would tell the application is such a call, or nothing. */
    static boolean isAll(KeycloakSession session, AuthenticatedClientSessionModel opened) {
        ClientModel client = opened.getClient();
        if (opened.getProtocol() == null || client.isFrontchannelLogout() || !client.isEnabled()) {
            return true;
        }
        String url = ResourceAdminManager.getBackchannelLogoutUrl(session, client);
        return OIDCLoginProtocol.LOGIN_PROTOCOL.equals(opened.getProtocol())
                && (url == null ? client.getManagementUrl() == null : !url.contains(NODE));
    }

    static Optional<LogoutCall> of(KeycloakSession session, UserModel user, AuthenticatedClientSessionModel opened) {
        ClientModel client = opened.getClient();
        String url = ResourceAdminManager.getBackchannelLogoutUrl(session, client);
        if (url == null || opened.getProtocol() == null || client.isFrontchannelLogout() || !client.isEnabled()) {
            return Optional.empty();
        }
        ClientModel caller = session.getContext().getClient();
        session.getContext().setClient(client); // whose signature algorithm counts
        try {
            String token = session.tokens().encode(session.tokens().initLogoutToken(client, user, opened));
            return Optional.of(new LogoutCall(client.getClientId(), url, token));
        } finally {
            session.getContext().setClient(caller);
        }
    }

    /** Sends them one after the other, in the background. */
    static void send(KeycloakSession session, List<LogoutCall> calls) {
        if (calls.isEmpty()) {
            return;
        }
        KeycloakSessionFactory factory = session.getKeycloakSessionFactory();
        session.getProvider(ExecutorsProvider.class).getExecutor("kcb-logout").execute(() -> {
            try (KeycloakSession own = factory.create()) {
                calls.forEach(call -> call.send(own));
            }
        });
    }

    private void send(KeycloakSession session) {
        try {
            int status = SimpleHttp.create(session).doPost(url).param(OAuth2Constants.LOGOUT_TOKEN, token).asStatus();
            if (status != 200 && status != 204) {
                LOG.warnf("Application %s answered %d to a logout", client, status);
            }
        } catch (IOException | RuntimeException unreachable) {
            LOG.warnf("Application %s could not be told of a logout: %s", client, unreachable);
        }
    }
}
