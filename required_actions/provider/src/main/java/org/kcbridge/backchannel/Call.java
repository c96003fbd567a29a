package org.kcbridge.backchannel;

import jakarta.ws.rs.NotAuthorizedException;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.Arrays;
import java.util.function.Supplier;
import org.kcbridge.login.Ownership;
import org.keycloak.models.ClientModel;
import org.keycloak.models.KeycloakSession;
import org.keycloak.models.RealmModel;
import org.keycloak.models.RoleModel;
import org.keycloak.models.UserModel;
import org.keycloak.representations.AccessToken;
import org.keycloak.services.managers.AppAuthManager;
import org.keycloak.services.managers.AuthenticationManager.AuthResult;
import org.keycloak.services.resources.admin.AdminAuth;
import org.keycloak.services.resources.admin.AdminEventBuilder;

/** One request of the bridge: who asks, may they, and the shape of every answer. */
final class Call {

    /** The client whose roles open the back channel; tokens must be made for it. */
    static final String AUDIENCE = "kcb";

    private final KeycloakSession session;
    private final RealmModel realm;
    private AuthResult caller;

    Call(KeycloakSession session) {
        this.session = session;
        this.realm = session.getContext().getRealm();
    }

    KeycloakSession session() {
        return session;
    }

    RealmModel realm() {
        return realm;
    }

    /**
     * @param roles client roles of {@value #AUDIENCE}, any of which opens this call
     * @param work may throw {@link Refusal}; its value is the body of a 200, unless it is a Response
     */
    Response answer(Supplier<Object> work, String... roles) {
        try {
            authorize(roles);
            Object result = work.get();
            return result instanceof Response response ? response : json(Response.Status.OK.getStatusCode(), result);
        } catch (Refusal refusal) {
            session.getTransactionManager().setRollbackOnly();
            return json(refusal.status(), refusal.body());
        }
    }

    Response json(int status, Object body) {
        return Response.status(status).type(MediaType.APPLICATION_JSON_TYPE)
                .header(HttpHeaders.CACHE_CONTROL, "no-store").entity(body).build();
    }

    /** @return the client on whose behalf the bridge calls */
    ClientModel caller() {
        return session.getContext().getClient();
    }

    /** @return the service account by which the bridge calls */
    UserModel account() {
        return caller.user();
    }

    /** Begins an event of the realm's « admin events »: what was done to a user, by which service account. */
    AdminEventBuilder adminEvent() {
        return adminEvent(session);
    }

    /** @param bound the session whose transaction decides whether the event has happened */
    AdminEventBuilder adminEvent(KeycloakSession bound) {
        AdminAuth auth = new AdminAuth(realm, caller.token(), caller.user(), caller.client());
        RealmModel seen = bound.realms().getRealm(realm.getId());
        return new AdminEventBuilder(seen, auth, bound, session.getContext().getConnection());
    }

    /** The user with this id, if the bridge may act on it now. */
    UserModel owned(String userId) {
        UserModel user = session.users().getUserById(realm, userId);
        if (user == null) {
            throw Refusal.notFound("no_such_user");
        }
        if (!Ownership.isOwned(user)) {
            throw Refusal.forbidden("not_owned");
        }
        return enabled(user);
    }

    /** The user whose login was handed over, if the bridge may act on it now. */
    UserModel served(UserModel user) {
        if (!Ownership.isServed(user)) {
            throw Refusal.forbidden("not_owned");
        }
        return enabled(user);
    }

    private static UserModel enabled(UserModel user) {
        if (!user.isEnabled()) {
            throw Refusal.forbidden("disabled");
        }
        return user;
    }

    private void authorize(String... roles) {
        AuthResult auth = bearer();
        UserModel account = auth.user();
        ClientModel audience = realm.getClientByClientId(AUDIENCE);
        AccessToken.Access access = auth.token().getResourceAccess(AUDIENCE);
        boolean allowed = account.getServiceAccountClientLink() != null && access != null
                && Arrays.stream(roles).anyMatch(role -> access.isUserInRole(role) && holds(account, audience, role));
        if (!allowed) {
            throw Refusal.forbidden("forbidden");
        }
        session.getContext().setClient(auth.client());
        caller = auth;
    }

    /** Signature, expiry, issuer (this realm), audience, type and revocation, by Keycloak itself. */
    private AuthResult bearer() {
        try {
            AuthResult auth = new AppAuthManager.BearerTokenAuthenticator(session)
                    .setRealm(realm).setAudience(AUDIENCE).authenticate();
            if (auth != null) {
                return auth;
            }
        } catch (NotAuthorizedException notBearer) {
            // Answered below like any other bad token.
        }
        throw Refusal.unauthorized();
    }

    /** The token says what the role was when it was made; the realm says what it is now. */
    private static boolean holds(UserModel account, ClientModel audience, String role) {
        RoleModel model = audience.getRole(role);
        return model != null && account.hasRole(model);
    }
}
