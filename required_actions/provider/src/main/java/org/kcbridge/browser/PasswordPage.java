package org.kcbridge.browser;

import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.core.Response;
import org.keycloak.authentication.AuthenticationFlowContext;
import org.keycloak.authentication.AuthenticationFlowError;
import org.keycloak.authentication.AuthenticationFlowException;
import org.keycloak.authentication.authenticators.browser.PasswordForm;
import org.keycloak.authentication.authenticators.util.AuthenticatorUtils;
import org.keycloak.events.Details;
import org.keycloak.events.Errors;
import org.keycloak.models.KeycloakSession;
import org.keycloak.models.ModelDuplicateException;
import org.keycloak.models.UserModel;
import org.keycloak.models.credential.PasswordCredentialModel;
import org.keycloak.models.utils.KeycloakModelUtils;
import org.keycloak.representations.idm.CredentialRepresentation;
import org.keycloak.services.ServicesLogger;
import org.keycloak.services.messages.Messages;
import org.keycloak.sessions.AuthenticationSessionModel;

/**
 * Second page of a login. Until the right password is given nothing differs between an unknown, a locked and a closed
 * account: one message, one hash computed. Keycloak's own form needs a user to be found before the page is shown.
 */
final class PasswordPage extends PasswordForm {

    PasswordPage(KeycloakSession session) {
        super(session);
    }

    @Override
    public boolean requiresUser() {
        return false;
    }

    @Override
    public void authenticate(AuthenticationFlowContext context) {
        IdentifierForm.forgetUserOfReset(context);
        if (context.getUser() == null && identifier(context) == null) {
            // A flow without kc-bridge's identifier page in front of this one.
            throw new AuthenticationFlowException(AuthenticationFlowError.UNKNOWN_USER);
        }
        super.authenticate(context);
    }

    @Override
    public void action(AuthenticationFlowContext context) {
        super.action(context);
        if (context.getUser() != null) {
            AuthenticationSessionModel notes = context.getAuthenticationSession();
            notes.removeAuthNote(USERNAME_HIDDEN);
            if (alreadyAuthenticatedUsingPasswordlessCredential(context)) {
                // The passkey's owner, who need not be the one whose name was typed.
                notes.removeAuthNote(ATTEMPTED_USERNAME);
            }
        }
    }

    @Override
    protected boolean validateForm(AuthenticationFlowContext context, MultivaluedMap<String, String> form) {
        if (context.getUser() != null) {
            return super.validateForm(context, form);
        }
        context.getEvent().detail(Details.USERNAME, identifier(context));
        UserModel user = find(context);
        if (user == null) {
            testInvalidUser(context, null);
            return false;
        }
        if (!willBeHashed(context, user, form.getFirst(CredentialRepresentation.PASSWORD))) {
            AuthenticatorUtils.dummyHash(context);
        }
        return validatePassword(context, user, form, false) && enter(context, user);
    }

    /** One text for every reason; only somebody Keycloak knows already is told that the password alone is wrong. */
    @Override
    protected String getDefaultChallengeMessage(AuthenticationFlowContext context) {
        return context.getUser() == null ? Messages.INVALID_USER : Messages.INVALID_PASSWORD;
    }

    @Override
    protected String disabledByBruteForceError(String error) {
        return Messages.INVALID_USER;
    }

    private static String identifier(AuthenticationFlowContext context) {
        return context.getAuthenticationSession().getAuthNote(ATTEMPTED_USERNAME);
    }

    private static UserModel find(AuthenticationFlowContext context) {
        try {
            return KeycloakModelUtils.findUserByNameOrEmail(context.getSession(), context.getRealm(),
                    identifier(context));
        } catch (ModelDuplicateException twoUsers) {
            ServicesLogger.LOGGER.modelDuplicateException(twoUsers);
            return null;
        }
    }

    /** @return whether Keycloak will compute a hash for this attempt; if not, the time would tell why */
    private static boolean willBeHashed(AuthenticationFlowContext context, UserModel user, String password) {
        return password != null && !password.isEmpty()
                && AuthenticatorUtils.getDisabledByBruteForceEventError(context, user) == null
                && user.credentialManager().isConfiguredFor(PasswordCredentialModel.TYPE);
    }

    /** The password was right: from here on the person may know how the account stands. */
    private boolean enter(AuthenticationFlowContext context, UserModel user) {
        if (user.isEnabled()) {
            context.setUser(user);
            return true;
        }
        context.getEvent().user(user).error(Errors.USER_DISABLED);
        Response page = AccountEnd.past(user)
                .map(date -> context.form().setError("kcbAccountExpired", date))
                .orElseGet(() -> context.form().setError(Messages.ACCOUNT_DISABLED))
                .createLoginPassword();
        context.forceChallenge(page);
        return false;
    }
}
