package org.kcbridge.action;

import java.util.ArrayList;
import java.util.List;
import org.kcbridge.login.Setup;
import org.keycloak.Config;
import org.keycloak.authentication.RequiredActionFactory;
import org.keycloak.authentication.RequiredActionProvider;
import org.keycloak.models.KeycloakSession;
import org.keycloak.models.KeycloakSessionFactory;
import org.keycloak.models.RealmModel;
import org.keycloak.models.RequiredActionConfigModel;
import org.keycloak.provider.ProviderConfigProperty;
import org.keycloak.provider.ProviderConfigurationBuilder;
import org.keycloak.userprofile.ValidationException;
import org.keycloak.validate.ValidationError;

/** What all steps have in common for Keycloak: the console's gear and one provider class. See {@link Steps}. */
public abstract class StepFactory implements RequiredActionFactory {

    private final String id;
    private final String displayText;
    private final String writableAttributes;

    /**
     * @param id provider id and alias in the realm, {@code kcb-…}
     * @param displayText name in the console
     * @param writableAttributes default of the gear's allow-list: user attributes this step may write, comma separated
     */
    protected StepFactory(String id, String displayText, String writableAttributes) {
        this.id = id;
        this.displayText = displayText;
        this.writableAttributes = writableAttributes;
    }

    @Override
    public String getId() {
        return id;
    }

    @Override
    public String getDisplayText() {
        return displayText;
    }

    public String defaultWritableAttributes() {
        return writableAttributes;
    }

    @Override
    public RequiredActionProvider create(KeycloakSession session) {
        return new StepProvider(id);
    }

    /** Labels and help are keys of theme-resources/messages: the console shows them in the administrator's language. */
    @Override
    public List<ProviderConfigProperty> getConfigMetadata() {
        List<ProviderConfigProperty> properties = new ArrayList<>(MAX_AUTH_AGE_CONFIG_PROPERTIES);
        properties.addAll(ProviderConfigurationBuilder.create()
                .property().name(Setup.STEP_URL).label("kcbGearStepUrl").helpText("kcbGearStepUrlHelp")
                .type(ProviderConfigProperty.STRING_TYPE).add()
                .property().name(Setup.TICKET_TTL).label("kcbGearTicketTtl").helpText("kcbGearTicketTtlHelp")
                .type(ProviderConfigProperty.STRING_TYPE)
                .defaultValue(String.valueOf(Setup.LONGEST_LOGIN)).add()
                .property().name(Setup.ATTRIBUTES).label("kcbGearAttributes").helpText("kcbGearAttributesHelp")
                .type(ProviderConfigProperty.STRING_TYPE).defaultValue(writableAttributes).add()
                .build());
        return properties;
    }

    @Override
    public void validateConfig(KeycloakSession session, RealmModel realm, RequiredActionConfigModel model) {
        RequiredActionFactory.super.validateConfig(session, realm, model);
        String url = model.getConfigValue(Setup.STEP_URL);
        if (url != null && !url.isBlank() && !url.matches("https?://[^\\s?#]+")) {
            throw invalid(Setup.STEP_URL, "error-invalid-uri");
        }
        String ttl = model.getConfigValue(Setup.TICKET_TTL);
        if (ttl != null && !ttl.isBlank() && !Setup.isTicketTtl(ttl)) {
            throw invalid(Setup.TICKET_TTL, "error-number-out-of-range", 60, Setup.LONGEST_LOGIN);
        }
    }

    /** For gears with fields of their own. */
    protected ValidationException invalid(String field, String message, Object... parameters) {
        List<Object> all = new ArrayList<>(List.of(field));
        all.addAll(List.of(parameters));
        return new ValidationException(new ValidationError(id, field, message, all.toArray()));
    }

    @Override
    public void init(Config.Scope config) {
        // Nothing is configured per server: everything is per realm, in the gear.
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
