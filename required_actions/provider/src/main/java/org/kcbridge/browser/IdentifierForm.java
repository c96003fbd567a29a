package org.kcbridge.browser;

import jakarta.ws.rs.core.MultivaluedMap;
import org.keycloak.authentication.AuthenticationFlowContext;
import org.keycloak.authentication.Authenticator;
import org.keycloak.authentication.authenticators.browser.AbstractUsernameFormAuthenticator;
import org.keycloak.authentication.authenticators.browser.UsernameForm;
import org.keycloak.authentication.authenticators.resetcred.ResetCredentialChooseUser;
import org.keycloak.authentication.authenticators.util.AuthenticatorUtils;
import org.keycloak.events.Details;
import org.keycloak.models.KeycloakSession;
import org.keycloak.models.RealmModel;
import org.keycloak.models.UserModel;
import org.keycloak.services.managers.AuthenticationManager;
import org.keycloak.sessions.AuthenticationSessionModel;

/**
 * First page of a login: who are you? Keycloak's own form looks the answer up and so tells who has an account; this one
 * only remembers it for {@link PasswordPage}. Everything else (login hint, remember-me, passkeys, other identity
 * providers, somebody who is known already) is Keycloak's form, asked to do its work.
 */
final class IdentifierForm implements Authenticator {

    private final UsernameForm keycloak;

    IdentifierForm(KeycloakSession session) {
        this.keycloak = new UsernameForm(session);
    }

    @Override
    public void authenticate(AuthenticationFlowContext context) {
        forgetUserOfReset(context);
        // Begun again from here, the field must be shown.
        context.getAuthenticationSession().removeAuthNote(AbstractUsernameFormAuthenticator.USERNAME_HIDDEN);
        keycloak.authenticate(context);
    }

    @Override
    public void action(AuthenticationFlowContext context) {
        MultivaluedMap<String, String> form = context.getHttpRequest().getDecodedFormParameters();
        String identifier = form.getFirst(AuthenticationManager.FORM_USERNAME);
        if (context.getUser() != null || identifier == null || identifier.isBlank()) {
            keycloak.action(context);
            return;
        }
        AuthenticationSessionModel notes = context.getAuthenticationSession();
        notes.setAuthNote(AbstractUsernameFormAuthenticator.ATTEMPTED_USERNAME, identifier.strip());
        // Makes Keycloak's pages show what was typed although no user is known yet.
        notes.setAuthNote(AbstractUsernameFormAuthenticator.USERNAME_HIDDEN, Boolean.TRUE.toString());
        context.getEvent().detail(Details.USERNAME, identifier.strip());
        AuthenticatorUtils.processRememberMe(context, form);
        context.success();
    }

    /**
     * « Forgot password » leaves the user it has found in the session, and nothing when there is none. Whoever goes back
     * to log in has proved nothing, and must not see the difference.
     */
    static void forgetUserOfReset(AuthenticationFlowContext context) {
        AuthenticationSessionModel notes = context.getAuthenticationSession();
        if (notes.getAuthNote(ResetCredentialChooseUser.RESET_CREDENTIAL_USER_CHOSEN) != null) {
            notes.removeAuthNote(ResetCredentialChooseUser.RESET_CREDENTIAL_USER_CHOSEN);
            context.clearUser();
        }
    }

    @Override
    public boolean requiresUser() {
        return false;
    }

    @Override
    public boolean configuredFor(KeycloakSession session, RealmModel realm, UserModel user) {
        return true;
    }

    @Override
    public void setRequiredActions(KeycloakSession session, RealmModel realm, UserModel user) {
        // Nothing a user would have to set up.
    }

    @Override
    public void close() {
        keycloak.close();
    }
}
