package org.kcbridge.batch;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.EnumMap;
import java.util.Map;
import org.keycloak.models.KeycloakSession;
import org.keycloak.models.RealmModel;
import org.keycloak.models.UserModel;
import org.keycloak.models.UserProvider;
import org.keycloak.representations.userprofile.config.UPConfig;
import org.keycloak.userprofile.DeclarativeUserProfileProvider;
import org.keycloak.userprofile.DeclarativeUserProfileProviderFactory;
import org.keycloak.userprofile.UserProfileContext;
import org.keycloak.userprofile.UserProfileMetadata;
import org.keycloak.userprofile.UserProfileProvider;

/**
 * Keycloak's user profile, with the same rules, for many users at once. Keycloak copies the whole configuration for each
 * user it validates, and its checks for a taken username or mail are up to four queries a user; here the configuration is
 * copied once a chunk, and the checks are answered by what {@link LocalAccounts} has read for all.
 */
final class ChunkProfiles extends DeclarativeUserProfileProvider {

    private final Map<UserProfileContext, UserProfileMetadata> metadata = new EnumMap<>(UserProfileContext.class);
    private UPConfig configuration;

    private ChunkProfiles(KeycloakSession session, DeclarativeUserProfileProviderFactory factory) {
        super(session, factory);
    }

    /** The realm's own provider, where that is not Keycloak's. */
    static UserProfileProvider of(KeycloakSession session, LocalAccounts accounts) {
        if (session.getKeycloakSessionFactory().getProviderFactory(UserProfileProvider.class)
                instanceof DeclarativeUserProfileProviderFactory factory) {
            Session seen = new Session(session, accounts);
            seen.profiles = new ChunkProfiles(seen.proxy(), factory);
            return seen.profiles;
        }
        return session.getProvider(UserProfileProvider.class);
    }

    @Override
    protected UserProfileMetadata configureUserProfile(UserProfileMetadata defaults, KeycloakSession session) {
        return metadata.computeIfAbsent(defaults.getContext(),
                context -> super.configureUserProfile(defaults, session));
    }

    @Override
    public UPConfig getConfiguration() {
        if (configuration == null) {
            configuration = super.getConfiguration();
        }
        return configuration;
    }

    /** The session as validators see it: Keycloak's, but for the users and this very provider. */
    private static final class Session implements InvocationHandler {

        private final KeycloakSession session;
        private final UserProvider users;
        private UserProfileProvider profiles;

        Session(KeycloakSession session, LocalAccounts accounts) {
            this.session = session;
            this.users = (UserProvider) Proxy.newProxyInstance(UserProvider.class.getClassLoader(),
                    new Class<?>[] {UserProvider.class}, new Users(session, accounts));
        }

        KeycloakSession proxy() {
            return (KeycloakSession) Proxy.newProxyInstance(KeycloakSession.class.getClassLoader(),
                    new Class<?>[] {KeycloakSession.class}, this);
        }

        @Override
        public Object invoke(Object proxy, Method method, Object[] arguments) throws Throwable {
            if (method.getName().equals("users")) {
                return users;
            }
            if (method.getName().equals("getProvider") && arguments.length == 1
                    && arguments[0] == UserProfileProvider.class) {
                return profiles;
            }
            return call(session, method, arguments);
        }
    }

    private record Users(KeycloakSession session, LocalAccounts accounts) implements InvocationHandler {

        @Override
        public Object invoke(Object proxy, Method method, Object[] arguments) throws Throwable {
            return switch (method.getName()) {
                case "getUserByUsername" -> accounts.byUsername(text(arguments));
                case "getUserByEmail" -> accounts.byEmail(text(arguments));
                case "addUser" -> add((RealmModel) arguments[0], text(arguments));
                default -> call(session.users(), method, arguments);
            };
        }

        private UserModel add(RealmModel realm, String username) {
            return new NewUser(session, realm).create(username, accounts);
        }

        private static String text(Object[] arguments) {
            return org.keycloak.models.utils.KeycloakModelUtils.toLowerCaseSafe((String) arguments[1]);
        }
    }

    private static Object call(Object target, Method method, Object[] arguments) throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException thrown) {
            throw thrown.getCause();
        }
    }
}
