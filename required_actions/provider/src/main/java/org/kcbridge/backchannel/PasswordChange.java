package org.kcbridge.backchannel;

import org.kcbridge.action.Steps;
import org.kcbridge.login.Login;
import org.kcbridge.login.PasswordMark;
import org.keycloak.authentication.AuthenticatorUtil;
import org.keycloak.authentication.RequiredActionContextResult;
import org.keycloak.authentication.RequiredActionFactory;
import org.keycloak.authentication.RequiredActionProvider;
import org.keycloak.events.EventBuilder;
import org.keycloak.models.KeycloakSession;
import org.keycloak.models.RealmModel;
import org.keycloak.models.UserModel;

/** Gives a user the password chosen in the wizard. */
final class PasswordChange {

    private final Call call;
    private final Login login;
    private final UserModel user;

    PasswordChange(Call call, Login login, UserModel user) {
        this.call = call;
        this.login = login;
        this.user = user;
    }

    void apply(String password, boolean keepSessions) {
        if (password == null) {
            throw Refusal.unprocessable("password_required");
        }
        new StoredPassword(call.session(), call.realm(), user).set(password);
        user.removeRequiredAction(UserModel.RequiredAction.UPDATE_PASSWORD);
        login.session().removeRequiredAction(UserModel.RequiredAction.UPDATE_PASSWORD);
        login.passwordMark(PasswordMark.of(user));
        if (!keepSessions) {
            endOtherSessions();
        }
    }

    /** Whoever knew the old password is logged out; the session this login belongs to stays. */
    private void endOtherSessions() {
        KeycloakSession session = call.session();
        RealmModel realm = call.realm();
        EventBuilder event = new EventBuilder(realm, session, session.getContext().getConnection())
                .client(login.session().getClient()).user(user);
        RequiredActionFactory step = (RequiredActionFactory) session.getKeycloakSessionFactory()
                .getProviderFactory(RequiredActionProvider.class, Steps.NEW_PASSWORD);
        AuthenticatorUtil.logoutOtherSessions(new RequiredActionContextResult(login.session(), realm, event, session,
                session.getContext().getHttpRequest(), user, step));
    }
}
