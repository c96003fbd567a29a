package org.kcbridge.action;

import java.util.ArrayList;
import java.util.List;
import org.kcbridge.login.Setup;
import org.keycloak.provider.ProviderConfigProperty;
import org.keycloak.provider.ProviderConfigurationBuilder;

/**
 * The list of step ids. Keycloak wants one factory class per id; each is also named in
 * {@code META-INF/services/org.keycloak.authentication.RequiredActionFactory}.
 */
public final class Steps {

    public static final String PREFIX = "kcb-";
    public static final String NEW_PASSWORD = "kcb-new-password";

    private Steps() {
    }

    public static boolean isStep(String alias) {
        return alias.startsWith(PREFIX);
    }

    public static final class Charter extends StepFactory {
        public Charter() {
            super("kcb-charter", "kc-bridge: accept the charter", "kcbCharter");
        }
    }

    public static final class BackupMail extends StepFactory {
        public BackupMail() {
            super("kcb-backup-mail", "kc-bridge: backup mail", "supannMailPrive");
        }
    }

    public static final class MailForwarding extends StepFactory {
        public MailForwarding() {
            super("kcb-mail-forwarding", "kc-bridge: mail forwarding", "mailForwardingAddress,mailDeliveryOption");
        }
    }

    public static final class SecurityQuestion extends StepFactory {
        public SecurityQuestion() {
            super("kcb-security-question", "kc-bridge: security question", "");
        }
    }

    public static final class SmsConsent extends StepFactory {
        public SmsConsent() {
            super("kcb-sms-consent", "kc-bridge: consent to SMS", "kcbSmsConsent,supannTelephonePrive");
        }
    }

    public static final class PhotoUse extends StepFactory {
        public PhotoUse() {
            super("kcb-photo-use", "kc-bridge: use of the photograph", "kcbPhotoUse");
        }
    }

    public static final class DirectoryVisibility extends StepFactory {
        public DirectoryVisibility() {
            super("kcb-directory-visibility", "kc-bridge: visibility in the directory", "kcbDirectoryVisibility");
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
                    .property().name(Setup.REPLACE_UPDATE_PASSWORD).label("Replace Update Password")
                    .type(ProviderConfigProperty.BOOLEAN_TYPE).defaultValue("false")
                    .helpText("When Keycloak wants a new password of a user kc-bridge owns (provisional password, "
                            + "expired password, « forgot password »), this step is shown in place of its own form.")
                    .add().build());
            return properties;
        }
    }

    /** Stands for plug-in steps written in Python only. */
    public static final class Extra extends StepFactory {
        public Extra() {
            super("kcb-extra", "kc-bridge: additional step", "kcbExtra");
        }
    }
}
