package org.kcbridge.login;

import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;
import org.kcbridge.action.StepFactory;
import org.keycloak.authentication.RequiredActionProvider;
import org.keycloak.models.KeycloakSession;
import org.keycloak.models.RealmModel;
import org.keycloak.models.RequiredActionConfigModel;

/** The gear's values of one step in one realm, with their defaults. */
public final class Setup {

    public static final String STEP_URL = "step_url";
    public static final String TICKET_TTL = "ticket_ttl";
    public static final String ATTRIBUTES = "attributes";
    public static final String REPLACE_UPDATE_PASSWORD = "replace_update_password";
    public static final String REQUIRED_VERSION = "required_version";

    /** Seconds a handed-over login may last in all, whatever is touched (scenario 17). */
    public static final int LONGEST_LOGIN = 3600;

    /** Identity and ownership: no gear may open these, because whoever writes them decides who the user is. */
    private static final Set<String> NEVER_WRITABLE =
            Set.of("kcbKey", "kcbDigest", "username", "email", "emailVerified", "uid");

    private final StepFactory factory;
    private final RequiredActionConfigModel config;

    private Setup(StepFactory factory, RequiredActionConfigModel config) {
        this.factory = factory;
        this.config = config;
    }

    public static Setup of(KeycloakSession session, RealmModel realm, String step) {
        StepFactory factory = (StepFactory) session.getKeycloakSessionFactory()
                .getProviderFactory(RequiredActionProvider.class, step);
        return new Setup(factory, realm.getRequiredActionConfigByAlias(step));
    }

    /** @return where to hand the browser over, or null when nobody has configured it */
    public String stepUrl() {
        return value(STEP_URL, null);
    }

    /** @return seconds */
    public int ticketTtl() {
        String ttl = value(TICKET_TTL, "");
        return isTicketTtl(ttl) ? Integer.parseInt(ttl) : LONGEST_LOGIN;
    }

    public static boolean isTicketTtl(String text) {
        return text.matches("[0-9]{2,4}") && Integer.parseInt(text) >= 60 && Integer.parseInt(text) <= LONGEST_LOGIN;
    }

    public Set<String> writableAttributes() {
        return Arrays.stream(value(ATTRIBUTES, factory.defaultWritableAttributes()).split(","))
                .map(String::strip)
                .filter(name -> !name.isEmpty() && !NEVER_WRITABLE.contains(name))
                .collect(Collectors.toSet());
    }

    public boolean replacesUpdatePassword() {
        return Boolean.parseBoolean(value(REPLACE_UPDATE_PASSWORD, "false"));
    }

    /** @return version of the charter everybody must have accepted, or null when any will do */
    public String requiredVersion() {
        return value(REQUIRED_VERSION, null);
    }

    private String value(String key, String fallback) {
        String value = config == null ? null : config.getConfigValue(key);
        return value == null || value.isBlank() ? fallback : value.strip();
    }
}
