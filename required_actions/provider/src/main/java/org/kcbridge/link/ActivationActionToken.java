package org.kcbridge.link;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import org.keycloak.authentication.actiontoken.DefaultActionToken;

/** Names a user and the steps to do; begins a login for the few minutes it is valid. Never mailed: see links.py. */
public class ActivationActionToken extends DefaultActionToken {

    public static final String TOKEN_TYPE = "kcb-activation";

    @JsonProperty("acts")
    private List<String> steps;

    @JsonProperty("reduri")
    private String redirectUri;

    @JsonProperty("ref")
    private String ref;

    @JsonProperty("loc")
    private String locale;

    /** For the JSON reader. */
    ActivationActionToken() {
    }

    /** @param expiresAt epoch seconds */
    public ActivationActionToken(String userId, int expiresAt, String clientId, List<String> steps,
            String redirectUri, String ref, String locale) {
        super(userId, TOKEN_TYPE, expiresAt, null);
        this.issuedFor = clientId;
        this.steps = steps;
        this.redirectUri = redirectUri;
        this.ref = ref;
        this.locale = locale;
    }

    public List<String> steps() {
        return steps;
    }

    public String redirectUri() {
        return redirectUri;
    }

    public String ref() {
        return ref;
    }

    public String locale() {
        return locale;
    }
}
