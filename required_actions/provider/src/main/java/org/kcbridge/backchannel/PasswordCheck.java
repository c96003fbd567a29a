package org.kcbridge.backchannel;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import org.keycloak.models.KeycloakSession;
import org.keycloak.models.PasswordPolicy;
import org.keycloak.models.RealmModel;
import org.keycloak.models.UserModel;
import org.keycloak.policy.PasswordPolicyProvider;
import org.keycloak.policy.PolicyError;

/** The realm's password policy, asked rule by rule: Keycloak itself stops at the first violation. */
final class PasswordCheck {

    private PasswordCheck() {
    }

    /** @return one {@code {policy, message, parameters}} a violated rule, in alphabetical order of the rules */
    static List<Map<String, Object>> violations(KeycloakSession session, RealmModel realm, UserModel user,
            String password) {
        List<Map<String, Object>> violations = new ArrayList<>();
        for (String policy : new TreeSet<>(realm.getPasswordPolicy().getPolicies())) {
            PolicyError error = session.getProvider(PasswordPolicyProvider.class, policy)
                    .validate(realm, user, password);
            if (error != null) {
                violations.add(violation(policy, error.getMessage(), error.getParameters()));
            }
        }
        return violations;
    }

    static Map<String, Object> violation(String policy, String message, Object... parameters) {
        Map<String, Object> violation = new LinkedHashMap<>();
        violation.put("policy", policy);
        violation.put("message", message);
        violation.put("parameters", parameters == null ? List.of()
                : Arrays.stream(parameters).filter(Objects::nonNull).map(PasswordCheck::plain).toList());
        return violation;
    }

    /** @return {@code {id, value}} for each rule; value is a number, a text, or null */
    static List<Map<String, Object>> rules(RealmModel realm) {
        PasswordPolicy policy = realm.getPasswordPolicy();
        List<Map<String, Object>> rules = new ArrayList<>();
        for (String id : new TreeSet<>(policy.getPolicies())) {
            Object value = policy.getPolicyConfig(id);
            Map<String, Object> rule = new LinkedHashMap<>();
            rule.put("id", id);
            rule.put("value", value == null ? null : plain(value));
            rules.add(rule);
        }
        return rules;
    }

    private static Object plain(Object value) {
        return value instanceof Number || value instanceof Boolean ? value : value.toString();
    }
}
