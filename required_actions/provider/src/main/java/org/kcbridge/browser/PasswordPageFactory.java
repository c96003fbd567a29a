package org.kcbridge.browser;

import org.keycloak.authentication.Authenticator;
import org.keycloak.authentication.authenticators.browser.PasswordFormFactory;
import org.keycloak.models.KeycloakSession;

/** Offers {@link PasswordPage} in the console's flow editor; the rest is as for Keycloak's own form. */
public final class PasswordPageFactory extends PasswordFormFactory {

    @Override
    public Authenticator create(KeycloakSession session) {
        return new PasswordPage(session);
    }

    @Override
    public String getId() {
        return "kcb-password";
    }

    @Override
    public String getDisplayType() {
        return "kc-bridge: password page";
    }

    @Override
    public String getHelpText() {
        return "Second page of a login in two pages: checks the password of whoever was named on « kc-bridge: identifier "
                + "page ». Only after the right password does it say that an account is closed, and since when.";
    }
}
