package org.kcbridge.action;

import java.util.ArrayList;
import java.util.List;
import org.kcbridge.login.Setup;
import org.keycloak.models.KeycloakSession;
import org.keycloak.models.RealmModel;
import org.keycloak.models.RequiredActionConfigModel;
import org.keycloak.provider.ProviderConfigProperty;
import org.keycloak.provider.ProviderConfigurationBuilder;

/**
 * The list of step ids. Keycloak wants one factory class per id; each is also named in
 * {@code META-INF/services/org.keycloak.authentication.RequiredActionFactory}.
 */
public final class Steps {

    public static final String PREFIX = "kcb-";
    public static final String CHARTER = "kcb-charter";
    public static final String NEW_PASSWORD = "kcb-new-password";

    private Steps() {
    }

    public static boolean isStep(String alias) {
        return alias.startsWith(PREFIX);
    }

    public static final class Charter extends StepFactory {
        public Charter() {
            super(CHARTER, "kc-bridge: accept the IT policy", "kcbCharter");
        }

        @Override
        public List<ProviderConfigProperty> getConfigMetadata() {
            List<ProviderConfigProperty> properties = new ArrayList<>(super.getConfigMetadata());
            properties.addAll(ProviderConfigurationBuilder.create()
                    .property().name(Setup.REQUIRED_VERSION).label("kcbGearRequiredVersion")
                    .helpText("kcbGearRequiredVersionHelp").type(ProviderConfigProperty.STRING_TYPE)
                    .add().build());
            return properties;
        }

        @Override
        public void validateConfig(KeycloakSession session, RealmModel realm, RequiredActionConfigModel model) {
            super.validateConfig(session, realm, model);
            String version = model.getConfigValue(Setup.REQUIRED_VERSION);
            if (version != null && version.strip().matches(".*\\s.*")) {
                // A space ends the version in what is stored, so nobody could ever have accepted this one.
                throw invalid(Setup.REQUIRED_VERSION, "error-invalid-value");
            }
        }
    }

    public static final class BackupMail extends StepFactory {
        public BackupMail() {
            super("kcb-backup-mail", "kc-bridge: give a backup address", "supannMailPrive");
        }
    }

    public static final class MailForwarding extends StepFactory {
        public MailForwarding() {
            super("kcb-mail-forwarding", "kc-bridge: set up mail forwarding", "mailForwardingAddress,mailDeliveryOption");
        }
    }

    public static final class SecurityQuestion extends StepFactory {
        public SecurityQuestion() {
            super("kcb-security-question", "kc-bridge: choose a security question", "");
        }
    }

    public static final class SmsConsent extends StepFactory {
        public SmsConsent() {
            super("kcb-sms-consent", "kc-bridge: allow text messages or not", "kcbSmsConsent,supannTelephonePrive");
        }
    }

    public static final class PhotoUse extends StepFactory {
        public PhotoUse() {
            super("kcb-photo-use", "kc-bridge: show one's photograph or not", "kcbPhotoUse");
        }
    }

    public static final class DirectoryVisibility extends StepFactory {
        public DirectoryVisibility() {
            super("kcb-directory-visibility", "kc-bridge: be listed in the directory or not", "kcbDirectoryVisibility");
        }
    }

    public static final class NewPassword extends StepFactory {
        public NewPassword() {
            super(NEW_PASSWORD, "kc-bridge: choose a password", "");
        }

        @Override
        public List<ProviderConfigProperty> getConfigMetadata() {
            List<ProviderConfigProperty> properties = new ArrayList<>(super.getConfigMetadata());
            properties.addAll(ProviderConfigurationBuilder.create()
                    .property().name(Setup.REPLACE_UPDATE_PASSWORD).label("kcbGearReplaceUpdatePassword")
                    .helpText("kcbGearReplaceUpdatePasswordHelp")
                    .type(ProviderConfigProperty.BOOLEAN_TYPE).defaultValue("false")
                    .add().build());
            return properties;
        }
    }

    /** Stands for plug-in steps written in Python only. */
    public static final class Extra extends StepFactory {
        public Extra() {
            super("kcb-extra", "kc-bridge: additional step (plug-in)", "kcbExtra");
        }
    }
}
