package org.kcbridge.action;

import java.util.Set;
import java.util.stream.Collectors;
import org.kcbridge.login.Ownership;
import org.kcbridge.login.PasswordStore;
import org.kcbridge.login.Setup;
import org.keycloak.authentication.RequiredActionContext;
import org.keycloak.authentication.RequiredActionProvider;
import org.keycloak.models.RequiredActionProviderModel;
import org.keycloak.models.UserModel;
import org.keycloak.sessions.AuthenticationSessionModel;

/**
 * Puts our password step in the place of Keycloak's UPDATE_PASSWORD, for users the bridge owns, where the realm asks
 * for it: a provisional password then leads to the journey. Where the password cannot be written, Keycloak's own step
 * stays: it says why.
 */
final class PasswordTakeover {

    private static final String KEYCLOAK_STEP = UserModel.RequiredAction.UPDATE_PASSWORD.name();

    private PasswordTakeover() {
    }

    static void evaluate(RequiredActionContext context) {
        Setup setup = Setup.of(context.getSession(), context.getRealm(), Steps.NEW_PASSWORD);
        if (!setup.replacesUpdatePassword() || !Ownership.isOwned(context.getUser())
                || !PasswordStore.isWritable(context.getRealm(), context.getUser())) {
            return;
        }
        letKeycloakDecide(context);
        UserModel user = context.getUser();
        Set<String> ofUser = user.getRequiredActionsStream().collect(Collectors.toSet());
        if (ofUser.contains(KEYCLOAK_STEP)) {
            user.removeRequiredAction(KEYCLOAK_STEP);
            user.addRequiredAction(Steps.NEW_PASSWORD);
        }
        AuthenticationSessionModel authSession = context.getAuthenticationSession();
        if (authSession.getRequiredActions().contains(KEYCLOAK_STEP)) {
            authSession.removeRequiredAction(KEYCLOAK_STEP);
            authSession.addRequiredAction(Steps.NEW_PASSWORD);
        }
    }

    /** Keycloak's own trigger (expired password) may come after ours in the realm's order: ask it first. */
    private static void letKeycloakDecide(RequiredActionContext context) {
        RequiredActionProviderModel model = context.getRealm().getRequiredActionProviderByAlias(KEYCLOAK_STEP);
        if (model != null && model.isEnabled()) {
            context.getSession().getProvider(RequiredActionProvider.class, KEYCLOAK_STEP).evaluateTriggers(context);
        }
    }
}
