package org.kcbridge.backchannel;

import org.keycloak.Config;
import org.keycloak.models.KeycloakSession;
import org.keycloak.models.KeycloakSessionFactory;
import org.keycloak.services.resource.RealmResourceProvider;
import org.keycloak.services.resource.RealmResourceProviderFactory;

/** Mounts the back channel at {@code /realms/{realm}/kcb}. */
public class BackChannelFactory implements RealmResourceProviderFactory {

    @Override
    public RealmResourceProvider create(KeycloakSession session) {
        return new RealmResourceProvider() {
            @Override
            public Object getResource() {
                return new BackChannel(session);
            }

            @Override
            public void close() {
                // Holds nothing.
            }
        };
    }

    @Override
    public String getId() {
        return "kcb";
    }

    @Override
    public void init(Config.Scope config) {
        // Nothing to configure.
    }

    @Override
    public void postInit(KeycloakSessionFactory factory) {
        // No other provider is needed.
    }

    @Override
    public void close() {
        // Holds nothing.
    }
}
