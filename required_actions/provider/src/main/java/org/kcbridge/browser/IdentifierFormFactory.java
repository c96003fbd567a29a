package org.kcbridge.browser;

import org.keycloak.authentication.Authenticator;
import org.keycloak.authentication.authenticators.browser.UsernameFormFactory;
import org.keycloak.models.KeycloakSession;

/** Offers {@link IdentifierForm} in the console's flow editor; the rest is as for Keycloak's own form. */
public final class IdentifierFormFactory extends UsernameFormFactory {

    @Override
    public Authenticator create(KeycloakSession session) {
        return new IdentifierForm(session);
    }

    @Override
    public String getId() {
        return "kcb-identifier";
    }

    @Override
    public String getDisplayType() {
        return "kc-bridge: identifier page";
    }

    @Override
    public String getHelpText() {
        return "First page of a login in two pages: asks for the username or mail, and leads to the same password page "
                + "whether such an account exists or not. Put « kc-bridge: password page » right after it.";
    }
}
